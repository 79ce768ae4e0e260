"""A network that sees nothing but always answers the same place of the crop."""

import numpy as np
import pytest
import torch

from landmarks.analysis.sensitivity.conditions import (
    KINDS,
    SHIFT,
    SHIFT_X,
    UNCHANGED,
    Condition,
    all_conditions,
)
from landmarks.analysis.sensitivity.figure import save_figure, sensitivity_figure
from landmarks.analysis.sensitivity.measure import measure_faces
from landmarks.analysis.sensitivity.table import curve_of, sensitivity_table, sensitivity_text
from landmarks.benchmarks.w300 import W300
from landmarks.codecs.base import Decoded
from landmarks.data.crops import LandmarkBox
from landmarks.data.datamodule import FaceDataModule
from landmarks.geometry import apply_affine, invert_affine
from landmarks.markups import MARKUP_68
from tests.benchmarks.official.w300 import write_300w

CROP = 32


def always(points):
    """A network that answers these points of the crop, whatever it is shown."""

    def locate(image):
        found = points.expand(len(image), -1, -1)
        return Decoded(found, found[..., 0], torch.eye(2).expand(*found.shape[:2], 2, 2))

    return locate


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("300w")
    write_300w(root, faces_per_folder=4, folders=["lfpw/testset"])
    module = FaceDataModule(
        W300(root), crop_size=CROP, batch_size=3, workers=0, test_splits=["lfpw/testset"]
    )
    module.setup("test")
    return module


def measured(data, conditions):
    (faces,) = data.evaluation("test")
    crop = data.test_crop
    place = next(iter(data.evaluation_loader(faces, crop))).photo_from_crop[0]
    answer = apply_affine(invert_affine(place), faces.points_photo[0]).float()
    counted = []
    tables = {
        one.name: measure_faces(
            always(answer),
            torch.device("cpu"),
            data,
            faces,
            one.displaced(crop).for_markup(MARKUP_68),
            crop,
            counted.append,
        )
        for one in conditions
    }
    assert sum(counted) == len(conditions) * 4
    return faces, tables


def test_a_blind_network_errs_by_what_its_crop_is_shifted(data):
    shifted = Condition(SHIFT_X, 0.25)
    faces, tables = measured(data, [UNCHANGED, shifted])
    before, after = tables["unchanged"], tables[shifted.name]
    assert before["300w/inter_ocular"][0] == pytest.approx(0, abs=1e-4)
    assert before["moved"].to_list() == pytest.approx([0] * 4)
    assert after["moved"].to_list() == pytest.approx([0.25] * 4)
    side = LandmarkBox()(faces.records[0], np.random.default_rng(0)).side
    expected = 100 * 0.25 * side / float(faces.normalisers[0, 0])
    assert after["300w/inter_ocular"][0] == pytest.approx(expected, rel=1e-5)
    # The box is 1 / 1.25 of the crop: what lies 15 % of the crop from its edge is lost.
    points = faces.points_photo[0].numpy()
    lost = points[:, 0] < points[:, 0].min() - 0.1 * side + 0.25 * side
    tolerance = 1 / 68
    width = np.ptp(points, axis=0)
    if width[0] >= width[1]:
        assert after["outside"][0] == pytest.approx(lost.mean(), abs=tolerance)
    assert before["outside"].sum() == 0
    assert after["outside"].sum() > 0


def test_tables_curves_and_plots_agree(data, tmp_path):
    sizes = [(kind, [1.1, 1.3]) for kind in KINDS]
    conditions = all_conditions(sizes)
    _, tables = measured(data, conditions)
    protocol = "300w/box"
    table = sensitivity_table(conditions, tables, ["300w/inter_ocular", protocol])
    assert table.height == 2 * len(conditions)
    own = table.filter(table["protocol"] == protocol)
    curve = curve_of(SHIFT, [1.1, 1.3], tables, protocol)
    assert curve.nme.shape == (4, 3)
    for place, size in ((0, None), (1, 1.1), (2, 1.3)):
        rows = own.filter(
            (own["error"] == "unchanged")
            if size is None
            else own["error"].str.starts_with("shift") & (own["level"].abs() == size)
        )
        assert rows.height == (1 if size is None else 4)
        assert curve.nme[:, place].mean() == pytest.approx(rows["nme"].mean())
        assert 100 * curve.moved[:, place].mean() == pytest.approx(rows["moved"].mean())
    text = sensitivity_text(own)
    assert text.count("\n") == 1 + len(conditions)
    figure = sensitivity_figure(own, 0.5, "a title")
    panels = figure.axes
    assert [axes.get_title() for axes in panels] == ["shift", "scale", "rotation"]
    assert len({axes.get_ylim() for axes in panels}) == 1
    for suffix, begin in ((".svg", b"<?xml"), (".png", b"\x89PNG")):
        save_figure(figure, tmp_path / f"plot{suffix}")
        assert (tmp_path / f"plot{suffix}").read_bytes().startswith(begin)
