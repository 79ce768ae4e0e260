import numpy as np

from landmarks.analysis.calibration import PROBABILITIES, CalibrationCurve
from landmarks.analysis.figures import calibration_alt, calibration_figure
from landmarks.metrics.calibration import ReliabilityBin
from tests.analysis.figures.drawn import INF, is_within, names, texts, write_twice

SHARE = np.array(PROBABILITIES)
BINS = [ReliabilityBin(10, 1.0, 2.0), ReliabilityBin(10, 3.0, 4.0)]
LOST = [ReliabilityBin(10, 1.5, 1.5), ReliabilityBin(10, INF, INF)]
CURVES = {
    "sure": CalibrationCurve(BINS, SHARE**2, tempered=True),
    "lost": CalibrationCurve(LOST, SHARE / 2, tempered=True),
    "gone": CalibrationCurve(LOST[1:], 0 * SHARE, tempered=True),
}


def test_calibration_is_drawn_where_it_is_and_lost_points_are_left_out(tmp_path):
    figure = calibration_figure(CURVES, "300w/inter_ocular")
    top, bottom = figure.axes
    drawn = [line.get_xydata().tolist() for line in top.get_lines()]
    assert drawn == [[[1, 2], [3, 4]], [[1.5, 1.5]], [[1, 1], [4, 4]]]
    coverage = bottom.get_lines()
    assert [line.get_label() for line in coverage[:3]] == list(CURVES)
    np.testing.assert_allclose(coverage[0].get_ydata(), 100 * SHARE**2)
    np.testing.assert_allclose(coverage[0].get_xdata(), 100 * SHARE)
    assert "300w/inter_ocular" in top.get_xlabel()
    assert "method, after the temperature" in texts(figure)
    # One method looks the same in both plots.
    for place in (0, 1):
        assert top.get_lines()[place].get_color() == coverage[place].get_color()
        assert top.get_lines()[place].get_marker() == coverage[place].get_marker()
    raw = {name: curve._replace(tempered=False) for name, curve in CURVES.items()}
    assert "method, without a temperature" in texts(calibration_figure(raw, "NME"))
    write_twice(lambda: calibration_figure(CURVES, "NME"), tmp_path)


def test_one_method_without_a_point_and_fourteen_can_be_drawn(tmp_path):
    write_twice(lambda: calibration_figure({"gone": CURVES["gone"]}, "NME"), tmp_path)
    many = calibration_figure(dict.fromkeys(names(14), CURVES["sure"]), "NME")
    assert is_within(many)
    assert len(many.legends[0].get_texts()) == 14
    assert "sure 25 %" in calibration_alt(CURVES)
