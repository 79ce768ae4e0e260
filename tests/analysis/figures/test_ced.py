import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from landmarks.analysis.calibration import PROBABILITIES, CalibrationCurve
from landmarks.analysis.figures import (
    COLOURS,
    Panel,
    calibration_figure,
    ced_figure,
    ced_steps,
    inline_svg,
    interval_figure,
    save_svg,
)
from landmarks.analysis.scores import method_scores
from landmarks.metrics.calibration import ReliabilityBin
from tests.analysis.made_up import PROTOCOLS, measured_run


def errors(methods):
    rng = np.random.default_rng(0)
    return {f"method_{i}": rng.lognormal(1.2, 0.5, 30) for i in range(methods)}


def test_the_curve_is_the_share_of_faces_at_or_below_each_error():
    values = np.random.default_rng(0).uniform(0, 14, 50)
    x, y = ced_steps(values, 10.0)
    for limit in np.linspace(0, 10, 101):
        share = 100 * sum(value <= limit for value in values) / 50
        assert y[np.searchsorted(x, limit, side="right") - 1] == pytest.approx(share)


def test_each_method_has_a_line_of_its_own_with_its_nme(tmp_path):
    shown = errors(9)
    figure = ced_figure([Panel("ibug", shown, 10.0), Panel("common", shown, 8.0)], "NME")
    for axes, limit in zip(figure.axes, (10.0, 8.0), strict=True):
        assert axes.get_xlim() == (0, limit)
        looks = {(line.get_color(), line.get_linestyle()) for line in axes.get_lines()}
        assert len(axes.get_lines()) == 9
        assert len(looks) > len(COLOURS)
        labels = [text.get_text() for text in axes.get_legend().get_texts()]
        assert labels[0] == f"method_0  {shown['method_0'].mean():.2f} %"
    save_svg(figure, tmp_path / "ced.svg")
    text = (tmp_path / "ced.svg").read_text(encoding="utf-8")
    assert "method_8" in text
    assert [path.name for path in tmp_path.iterdir()] == ["ced.svg"]


def test_the_same_numbers_give_the_same_file(tmp_path):
    for name in ("a.svg", "b.svg"):
        save_svg(ced_figure([Panel("ibug", errors(2), 10.0)], "NME"), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_intervals_are_drawn_where_they_are(tmp_path):
    rng = np.random.default_rng(1)
    runs = [measured_run(f"m{i}", 0, rng.uniform(0.02, 0.1, 20)) for i in range(3)]
    scores = method_scores(runs, "ibug", PROTOCOLS[0])
    figure = interval_figure(scores, "NME")
    left = figure.axes[0]
    spans = [line.get_xdata() for line in left.get_lines() if len(line.get_xdata()) == 2]
    assert [tuple(span) for span in spans] == [(s.nme.low, s.nme.high) for s in scores]
    assert [label.get_text() for label in left.get_yticklabels()] == ["m0", "m1", "m2"]
    save_svg(figure, tmp_path / "intervals.svg")
    assert (tmp_path / "intervals.svg").stat().st_size > 1000


def test_calibration_is_drawn_where_it_is_and_lost_points_are_left_out(tmp_path):
    share = np.array(PROBABILITIES)
    bins = [ReliabilityBin(10, 1.0, 2.0), ReliabilityBin(10, 3.0, 4.0)]
    lost = [ReliabilityBin(10, 1.5, 1.5), ReliabilityBin(10, np.inf, np.inf)]
    curves = {
        "sure": CalibrationCurve(bins, share**2, tempered=True),
        "lost": CalibrationCurve(lost, share / 2, tempered=True),
        "gone": CalibrationCurve(lost[1:], 0 * share, tempered=True),
    }
    figure = calibration_figure(curves, "300w/inter_ocular")
    left, right = figure.axes
    drawn = [line.get_xydata().tolist() for line in left.get_lines()]
    assert drawn == [[[1, 2], [3, 4]], [[1.5, 1.5]], [[1, 1], [4, 4]]]
    coverage = right.get_lines()
    assert [line.get_label() for line in coverage[:3]] == list(curves)
    np.testing.assert_allclose(coverage[0].get_ydata(), 100 * share**2)
    np.testing.assert_allclose(coverage[0].get_xdata(), 100 * share)
    assert "300w/inter_ocular" in left.get_xlabel()
    assert figure.get_suptitle() == "after the temperature"
    # One method looks the same in both plots.
    assert left.get_lines()[1].get_color() == coverage[1].get_color()
    raw = {name: curve._replace(tempered=False) for name, curve in curves.items()}
    assert calibration_figure(raw, "NME").get_suptitle() == "without a temperature"
    for name in ("a.svg", "b.svg"):
        save_svg(calibration_figure(curves, "NME"), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    save_svg(calibration_figure({"gone": curves["gone"]}, "NME"), tmp_path / "gone.svg")


def test_a_picture_inside_a_page_is_well_formed_and_has_names_of_its_own(tmp_path):
    path = tmp_path / "ced.svg"
    save_svg(ced_figure([Panel("ibug", errors(3), 10.0)], "NME"), path)
    text = inline_svg(path)
    tree = ElementTree.fromstring(text)
    assert "width" not in tree.attrib
    assert "viewBox" in tree.attrib
    ids = [node.attrib["id"] for node in tree.iter() if "id" in node.attrib]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("ced-") for name in ids)
    link = "{http://www.w3.org/1999/xlink}href"
    targets = [node.attrib[link] for node in tree.iter() if link in node.attrib]
    assert targets
    assert {target[1:] for target in targets} <= set(ids)
    assert "currentColor" in text
    assert "#1a1b1c" not in text
