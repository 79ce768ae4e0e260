import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from landmarks.analysis.foreign_runs import ConditionFaces, foreign_runs, named_folders
from landmarks.benchmarks.w300 import W300
from landmarks.cli import main
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.errors import DataError, SettingsError
from landmarks.results import FaceResults
from tests.benchmarks.official.w300 import write_300w

SPLITS = ("ibug", "lfpw/testset")
PROTOCOLS = ["300w/inter_ocular", "300w/inter_pupil", "300w/box", "300w/diag"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("faces") / "300w"
    write_300w(root, faces_per_folder=3, folders=("ibug", "lfpw/testset", "helen/testset"))
    return root


def test_set(root, split):
    benchmark = W300(root)
    benchmark.prepare((split,))
    return EvaluationSet.of(benchmark, split, benchmark.records(split))


test_set.__test__ = False


@pytest.fixture(scope="module")
def faces(tree):
    return ConditionFaces("300w", [test_set(tree, split) for split in SPLITS])


def predictions(truth, seed=0, spread=None):
    """Results of points some pixels off the truth."""
    rng = np.random.default_rng(seed)
    points = truth.points_photo.numpy() + rng.normal(0, 2, truth.points_photo.shape)
    claimed = None
    if spread is not None:
        claimed = torch.from_numpy(np.broadcast_to(spread * np.eye(2), (*points.shape, 2)).copy())
    every_face = torch.arange(len(truth.records))
    return FaceResults.measure(truth, every_face, torch.from_numpy(points), claimed)


@pytest.fixture
def scored(tmp_path, faces):
    folder = tmp_path / "scored"
    folder.mkdir()
    for truth in faces.sets:
        predictions(truth).save(folder)
    return folder


def change(folder, split="ibug", **changes):
    """Writes a split's file anew, with changes."""
    file = folder / f"points-{split.replace('/', '-')}.npz"
    found = FaceResults.load(file)
    replace(found, **{name: of(found) for name, of in changes.items()}).save(folder)
    return file


def refusal(folder, *conditions):
    with pytest.raises(DataError) as caught:
        foreign_runs({"published": folder}, conditions)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_predictions_are_a_method_without_seed_training_or_cost(scored, faces):
    ((run,),) = foreign_runs({"published": scored}, [faces])
    assert (run.method, run.seed, run.training, run.levels) == ("published", None, None, {})
    assert run.parameters is run.network_ms is run.decode_ms is run.temperature is None
    assert list(run.splits) == list(SPLITS)
    assert not run.epochs
    for truth in faces.sets:
        wanted = predictions(truth)
        found = run.splits[truth.split]
        assert found.covariances_photo is None
        assert found.photo == wanted.photo
        for protocol in PROTOCOLS:
            np.testing.assert_array_equal(found.nme[protocol], wanted.nme[protocol])


def test_what_landmarks_score_writes_is_taken(tree, tmp_path, faces):
    output = tmp_path / "scored"
    for truth in faces.sets:
        file = tmp_path / "predicted.json"
        found = predictions(truth)
        entries = [
            {"image_id": i + 1, "category_id": 1, "score": 1.0,
             "keypoints": np.pad(points, ((0, 0), (0, 1)), constant_values=1).ravel().tolist()}
            for i, points in enumerate(found.points_photo)
        ]  # fmt: skip
        file.write_text(json.dumps(entries))
        words = ["score", str(file), "--benchmark", "300w", "--root", str(tree)]
        assert main([*words, "--split", truth.split, "--output", str(output)]) == 0
    ((run,),) = foreign_runs({"published": output}, [faces])
    for truth in faces.sets:
        wanted = predictions(truth).nme[PROTOCOLS[0]]
        np.testing.assert_allclose(run.splits[truth.split].nme[PROTOCOLS[0]], wanted, rtol=1e-12)


def test_errors_are_measured_anew_and_not_believed(scored, faces):
    change(scored, nme=lambda found: {name: own / 2 for name, own in found.nme.items()})
    ((run,),) = foreign_runs({"published": scored}, [faces])
    wanted = predictions(faces.sets[0]).nme[PROTOCOLS[0]]
    np.testing.assert_array_equal(run.splits["ibug"].nme[PROTOCOLS[0]], wanted)


def test_lost_faces_count_as_failures(scored, faces):
    def lose(found):
        points = found.points_photo.copy()
        points[1] = np.nan
        return points

    change(scored, points_photo=lose)
    ((run,),) = foreign_runs({"published": scored}, [faces])
    assert np.isinf(run.splits["ibug"].nme[PROTOCOLS[0]]).tolist() == [False, True, False]


def test_covariances_are_kept_if_they_are_any(tmp_path, faces):
    for truth in faces.sets:
        predictions(truth, spread=4.0).save(tmp_path)
    ((run,),) = foreign_runs({"published": tmp_path}, [faces])
    assert run.splits["ibug"].covariances_photo is not None
    change(tmp_path, covariances_photo=lambda found: -found.covariances_photo)
    message = refusal(tmp_path, faces)
    assert "points-ibug.npz: its covariances cannot be used" in message
    assert "leave them out" in message


def test_they_stand_in_every_condition_of_their_faces(scored, faces):
    conditions = [faces._replace(levels={"heatmap_size": size}) for size in ("16", "32")]
    first, second = foreign_runs({"published": scored, "again": scored}, conditions)
    assert [run.method for run in first] == [run.method for run in second] == ["published", "again"]
    assert [run.levels["heatmap_size"] for run in (first[0], second[0])] == ["16", "32"]


def test_another_benchmarks_condition_goes_without_them(scored, faces, tree):
    other = ConditionFaces("other", [test_set(tree, "helen/testset")], {"benchmark": "other"})
    own, without = foreign_runs({"published": scored}, [faces, other])
    assert len(own) == 1
    assert without == []
    without, own = foreign_runs({"published": scored}, [other, faces])
    assert without == []
    assert len(own) == 1
    assert "points-helen-testset.npz is missing" in refusal(scored, other)


def test_a_missing_split_is_named_with_the_command_that_makes_it(scored, faces):
    (scored / "points-lfpw-testset.npz").unlink()
    message = refusal(scored, faces)
    assert "no predictions of split 'lfpw/testset': points-lfpw-testset.npz is missing" in message
    assert "found points-ibug.npz" in message
    assert (
        f"landmarks score PREDICTIONS --benchmark 300w --root ROOT --split lfpw/testset "
        f"--output {scored}" in message
    )


def test_a_missing_folder_and_an_empty_one_are_told(tmp_path, faces):
    assert "no such folder; 'landmarks score' writes it" in refusal(tmp_path / "none", faces)
    assert "found no points-<split>.npz at all" in refusal(tmp_path, faces)


def test_other_faces_are_refused_and_named(scored, faces):
    file = change(scored, photo=lambda found: (*found.photo[:2], "ibug/other.jpg"))
    message = refusal(scored, faces)
    assert message.startswith(f"{file}: the predictions of split 'ibug' are of other faces: its ")
    assert "face 3 is ibug/other.jpg" in message
    change(scored, photo=lambda found: (found.photo[1], found.photo[0], found.photo[2]))
    assert "its face 1 is" in refusal(scored, faces)


def test_fewer_faces_are_refused(scored, faces):
    found = FaceResults.load(scored / "points-ibug.npz")
    rows = np.array([True, True, False])
    FaceResults.load(scored / "points-ibug.npz")
    replace(
        found,
        face=found.face[rows],
        photo=found.photo[:2],
        subsets=found.subsets[:2],
        points_photo=found.points_photo[rows],
        true_points_photo=found.true_points_photo[rows],
        normalisers={name: own[rows] for name, own in found.normalisers.items()},
        nme={name: own[rows] for name, own in found.nme.items()},
    ).save(scored)
    assert "it holds 2 faces, the comparison tests 3" in refusal(scored, faces)


def test_another_split_under_the_name_is_refused(scored, faces):
    (scored / "points-ibug.npz").write_bytes((scored / "points-lfpw-testset.npz").read_bytes())
    assert "it holds split 'lfpw/testset', the comparison tests 'ibug'" in refusal(scored, faces)


def test_other_true_points_are_refused(scored, faces):
    def moved(found):
        points = found.true_points_photo.copy()
        points[2, 4] += 0.5
        return points

    message = refusal_of(scored, faces, true_points_photo=moved)
    assert "the true points of 1 of 3 faces differ" in message
    assert f"point 5 of {FaceResults.load(scored / 'points-ibug.npz').photo[2]}" in message
    assert "score the predictions again with the same files and description" in message


def test_a_point_that_only_one_annotates_is_a_difference(scored, faces):
    def missing(found):
        points = found.true_points_photo.copy()
        points[0, 0] = np.nan
        return points

    assert "(nan, nan) against" in refusal_of(scored, faces, true_points_photo=missing)


def test_other_distances_are_refused(scored, faces):
    def longer(found):
        return {**found.normalisers, "300w/box": found.normalisers["300w/box"] * 1.1}

    message = refusal_of(scored, faces, normalisers=longer)
    assert "under 300w/box differ for 3 of 3 faces" in message
    assert "pixels; score the predictions again" in message


def test_other_protocols_and_subsets_are_refused(scored, faces):
    def fewer(found):
        return {name: own for name, own in found.normalisers.items() if "box" not in name}

    message = refusal_of(
        scored,
        faces,
        normalisers=fewer,
        nme=lambda found: {name: found.nme[name] for name in fewer(found)},
    )
    assert "the comparison measures under 300w/inter_ocular, 300w/inter_pupil, 300w/box" in message
    predictions(faces.sets[0]).save(scored)
    message = refusal_of(scored, faces, subsets=lambda found: (("dark",),) * 3)
    assert "is in the subsets ['dark']" in message


def refusal_of(folder, faces, **changes):
    file = change(folder, **changes)
    # However many conditions there are: this is no other benchmark's.
    message = refusal(folder, faces._replace(levels={"size": "16"}), faces)
    assert message.startswith(f"{file}: ")
    return message


def test_a_last_digit_is_no_difference(scored, faces):
    change(
        scored,
        true_points_photo=lambda found: found.true_points_photo * (1 + 1e-15),
        normalisers=lambda found: {n: own * (1 + 1e-15) for n, own in found.normalisers.items()},
    )
    ((run,),) = foreign_runs({"published": scored}, [faces])
    # It is measured by the comparison's own truth, to the last bit.
    np.testing.assert_array_equal(
        run.splits["ibug"].normalisers["300w/box"], faces.sets[0].normalisers[:, 2].numpy()
    )


def test_a_damaged_file_is_refused(scored, faces):
    (scored / "points-ibug.npz").write_bytes(b"PK no archive")
    assert "points-ibug.npz: " in refusal(scored, faces)


def test_folders_are_named_on_the_command_line():
    words = ["star=scored/star", "b=a=b"]
    assert named_folders(words, ["dark"]) == {"star": Path("scored/star"), "b": Path("a=b")}
    assert named_folders([], []) == {}


@pytest.mark.parametrize("word", ["star", "=folder", "star=", "../star=folder", "two words=x"])
def test_what_names_no_folder_is_refused(word):
    with pytest.raises(SettingsError, match=r"--foreign .*expected NAME=FOLDER"):
        named_folders([word], [])


@pytest.mark.parametrize("words", [["dark=a"], ["star=a", "star=b"]])
def test_a_name_that_is_taken_is_refused(words):
    with pytest.raises(SettingsError, match="is the name of another method"):
        named_folders(words, ["dark"])
