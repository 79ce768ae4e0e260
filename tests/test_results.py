import numpy as np
import pytest

from landmarks.metrics.normalisers import LandmarkBoxSize
from landmarks.metrics.protocol import Protocol
from landmarks.results import FaceResults

RESULTS = FaceResults(
    split="lfpw/testset",
    face=np.arange(4),
    photo=("a", "b", "ü", "d e"),
    subsets=((), ("common",), ("common", "profile"), ()),
    points_photo=np.random.default_rng(0).normal(size=(4, 3, 2)),
    nme={"x/box": np.array([0.02, 0.04, 0.08, 0.30]), "x/diag": np.array([0.01, 0.02, 0.04, 0.1])},
)


def test_scores_are_in_per_cent():
    protocols = [
        Protocol("x/box", LandmarkBoxSize(), failure_threshold=0.1, auc_threshold=0.1),
        Protocol("x/diag", LandmarkBoxSize(), failure_threshold=0.03, auc_threshold=0.05),
    ]
    box, diag = RESULTS.scores(protocols)
    assert box.nme == pytest.approx(11.0)
    assert box.fr == 25.0
    assert box.auc == pytest.approx(100 * (0.8 + 0.6 + 0.2 + 0) / 4)
    assert diag.fr == 50.0


def test_saved_results_come_back(tmp_path):
    RESULTS.save(tmp_path)
    (file,) = tmp_path.iterdir()
    found = FaceResults.load(file)
    assert file.name == "points-lfpw-testset.npz"
    assert (found.split, found.photo, found.subsets) == (
        RESULTS.split,
        RESULTS.photo,
        RESULTS.subsets,
    )
    np.testing.assert_array_equal(found.points_photo, RESULTS.points_photo)
    np.testing.assert_array_equal(found.nme["x/diag"], RESULTS.nme["x/diag"])


def test_the_table_has_a_row_a_face():
    table = RESULTS.table()
    assert table.columns == ["split", "face", "photo", "x/box", "x/diag"]
    assert table["x/box"].to_list() == pytest.approx([2, 4, 8, 30])
    assert table["photo"].to_list() == list(RESULTS.photo)
