from dataclasses import replace

import numpy as np
import pytest
import torch

from landmarks.errors import DataError
from landmarks.metrics.functional import normalised_mean_error
from landmarks.metrics.normalisers import LandmarkBoxSize
from landmarks.metrics.protocol import Protocol
from landmarks.results import FaceResults

RANDOM = np.random.default_rng(0)
RESULTS = FaceResults(
    split="lfpw/testset",
    face=np.arange(4),
    photo=("a", "b", "ü", "d e"),
    subsets=((), ("common",), ("common", "profile"), ()),
    points_photo=RANDOM.normal(size=(4, 3, 2)),
    covariances_photo=RANDOM.uniform(1, 2, (4, 3, 1, 1)) * np.array([[2.0, 0.5], [0.5, 1.0]]),
    true_points_photo=RANDOM.normal(size=(4, 3, 2)),
    normalisers={"x/box": np.array([50.0, 60, 70, 80]), "x/diag": np.array([100.0, 120, 140, 160])},
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
    for name in ("points_photo", "covariances_photo", "true_points_photo"):
        np.testing.assert_array_equal(getattr(found, name), getattr(RESULTS, name))
    np.testing.assert_array_equal(found.nme["x/diag"], RESULTS.nme["x/diag"])
    np.testing.assert_array_equal(found.normalisers["x/box"], RESULTS.normalisers["x/box"])


def test_a_file_without_covariances_is_named_with_the_cure(tmp_path):
    np.savez(tmp_path / "points-a.npz", points_photo=RESULTS.points_photo)
    with pytest.raises(DataError, match=r"points-a.npz: .*delete it and test the checkpoint again"):
        FaceResults.load(tmp_path / "points-a.npz")


def test_claims_are_in_per_cent_of_the_protocols_normaliser():
    errors, covariances = RESULTS.claims("x/diag", temperature=3.0)
    assert errors.shape == (12, 2)
    for face, distance in enumerate((100.0, 120, 140, 160)):
        for point in range(3):
            wanted = RESULTS.points_photo[face, point] - RESULTS.true_points_photo[face, point]
            row = 3 * face + point
            np.testing.assert_allclose(errors[row], 100 * wanted / distance)
            np.testing.assert_allclose(
                covariances[row], 3 * 1e4 * RESULTS.covariances_photo[face, point] / distance**2
            )
    # The error of a face is the mean length of its points' errors.
    lengths = torch.linalg.vector_norm(errors, dim=1).reshape(4, 3).mean(dim=1)
    nme = normalised_mean_error(
        torch.from_numpy(RESULTS.points_photo),
        torch.from_numpy(RESULTS.true_points_photo),
        torch.from_numpy(RESULTS.normalisers["x/diag"]),
    )
    torch.testing.assert_close(lengths, 100 * nme)


def test_missing_and_lost_points_are_told_apart():
    true, points = RESULTS.true_points_photo.copy(), RESULTS.points_photo.copy()
    true[0, 1, 0] = np.nan
    whole = replace(RESULTS, true_points_photo=true).calibration("x/box")
    assert whole.points == 11
    assert np.isfinite(whole.nll)
    points[:2, 1] = np.nan
    lost = replace(RESULTS, true_points_photo=true, points_photo=points)
    assert lost.claims("x/box")[0][1].isnan().all()
    found = lost.calibration("x/box")
    assert (found.points, found.nll) == (11, np.inf)
    assert lost.fitted_temperature() == np.inf


def test_the_fitted_temperature_is_the_same_in_every_unit():
    temperature = RESULTS.fitted_temperature()
    for protocol in ("x/box", "x/diag"):
        assert RESULTS.calibration(protocol).temperature == pytest.approx(temperature)
        assert RESULTS.calibration(protocol, temperature).temperature == pytest.approx(1)


def test_the_table_has_a_row_a_face():
    table = RESULTS.table()
    assert table.columns == ["split", "face", "photo", "x/box", "x/diag"]
    assert table["x/box"].to_list() == pytest.approx([2, 4, 8, 30])
    assert table["photo"].to_list() == list(RESULTS.photo)
