from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landmarks.batch import Record
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.data.photo_file import PhotoFile
from landmarks.metrics.area import TrapezoidArea
from landmarks.metrics.functional import area_under_ced_trapezoid, normalised_mean_error
from landmarks.metrics.normalisers import LandmarkBoxDiagonal, LandmarkBoxSize
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


def test_results_without_covariances_come_back_and_claim_nothing(tmp_path):
    replace(RESULTS, covariances_photo=None).save(tmp_path)
    found = FaceResults.load(tmp_path / "points-lfpw-testset.npz")
    assert found.covariances_photo is None
    np.testing.assert_array_equal(found.points_photo, RESULTS.points_photo)
    for use in (found.claims, found.calibration):
        with pytest.raises(ValueError, match="come without covariances"):
            use("x/box")
    with pytest.raises(ValueError, match="come without covariances"):
        found.fitted_temperature()
    assert found.subset("common").covariances_photo is None


def test_measured_points_stand_beside_their_faces():
    true = RANDOM.uniform(0, 100, (5, 3, 2))
    true[2, 1] = np.nan
    records = [
        Record(
            PhotoFile(Path(f"{i}.jpg"), f"{i}.jpg"),
            points,
            subsets=frozenset({"b", "a"} if i % 2 else ()),
        )
        for i, points in enumerate(true)
    ]
    protocols = (Protocol("x/box", LandmarkBoxSize()), Protocol("x/diag", LandmarkBoxDiagonal()))
    distances = torch.tensor([[p.normaliser(record) for p in protocols] for record in records])
    truth = EvaluationSet("test", records, torch.from_numpy(true), distances.double(), protocols)
    predicted = true[1:4] + np.array([3.0, 4.0])
    predicted[2, 0, 1] = np.nan
    found = FaceResults.measure(truth, torch.tensor([1, 2, 3]), torch.from_numpy(predicted))
    assert found.split == "test"
    assert found.photo == ("1.jpg", "2.jpg", "3.jpg")
    assert found.subsets == (("a", "b"), (), ("a", "b"))
    assert found.covariances_photo is None
    np.testing.assert_array_equal(found.true_points_photo, true[1:4])
    for place, protocol in enumerate(protocols):
        own = distances[1:4, place].numpy()
        np.testing.assert_array_equal(found.normalisers[protocol.name], own)
        np.testing.assert_allclose(found.nme[protocol.name], [5 / own[0], 5 / own[1], np.inf])


def test_a_subset_is_scored_by_its_own_faces():
    part = RESULTS.subset("common")
    assert part.face.tolist() == [1, 2]
    assert part.photo == ("b", "ü")
    assert part.covariances_photo.shape == (2, 3, 2, 2)
    np.testing.assert_array_equal(part.points_photo, RESULTS.points_photo[1:3])
    (score,) = part.scores([Protocol("x/box", LandmarkBoxSize())])
    assert score.nme == pytest.approx(6.0)
    assert RESULTS.subset("all") is RESULTS
    with pytest.raises(ValueError, match="no face of lfpw/testset is in the subset 'rare'"):
        RESULTS.subset("rare")


def test_scores_follow_the_protocols_rule():
    exact = Protocol("x/box", LandmarkBoxSize())
    luvli = replace(exact, area=TrapezoidArea())
    nme = torch.from_numpy(RESULTS.nme["x/box"])
    assert RESULTS.scores([luvli])[0].auc == 100 * float(area_under_ced_trapezoid(nme, 0.1))
    assert RESULTS.scores([luvli])[0].auc > RESULTS.scores([exact])[0].auc


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
