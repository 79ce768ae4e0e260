import json
from dataclasses import replace

import numpy as np
import pytest

from landmarks.analysis import runs
from landmarks.analysis.matrix import Condition
from landmarks.analysis.plan import FacesSeen, PlannedRun
from landmarks.errors import DataError
from tests.analysis.made_up import face_results

MANIFEST = {
    "splits": ["ibug"],
    "parameters": 7,
    "network_ms_per_face": 4.5,
    "decode_ms_per_face": 0.5,
    "temperature": 2.0,
}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return PlannedRun(
        method="dark",
        condition=Condition({"heatmap_size": "16"}, ()),
        seed=3,
        training=tmp_path / "training",
        training_key="a",
        key="b",
        settings={"output": str(tmp_path)},
        resolved={},
        faces=FacesSeen(**dict.fromkeys(FacesSeen._fields, "c")),
    )


def test_a_finished_run_is_read(run):
    results = face_results(np.array([0.01, 0.02]))
    results.save(run.folder)
    found = runs.load(run)
    assert (found.method, found.seed, found.temperature) == ("dark", 3, 2.0)
    assert (found.levels, found.training) == ({"heatmap_size": "16"}, "training")
    assert (found.network_ms, found.decode_ms, found.epochs) == (4.5, 0.5, [])
    np.testing.assert_array_equal(found.splits["ibug"].covariances_photo, results.covariances_photo)


def test_a_run_without_covariances_is_named_with_the_cure(run):
    """A comparison asks its own methods how sure they are; foreign predictions need not say."""
    replace(face_results(np.array([0.01, 0.02])), covariances_photo=None).save(run.folder)
    with pytest.raises(DataError, match=r"points-ibug\.npz: .*without covariances.*tested again"):
        runs.load(run)


def test_a_run_whose_points_are_gone_is_named(run):
    with pytest.raises(DataError, match=r"points-ibug\.npz: the points cannot be read"):
        runs.load(run)
