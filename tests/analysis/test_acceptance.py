"""What a comparison must say of methods that are the same, and of one that is 3 % worse."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from landmarks.analysis.foreign_runs import ConditionFaces, foreign_runs
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.scores import method_pairs, method_scores
from landmarks.analysis.statistics import Outcome, compare_pairs
from landmarks.batch import Record
from landmarks.benchmarks.w300 import W300
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.geometry import Size
from landmarks.results import FaceResults
from tests.benchmarks.official.w300 import random_face
from tests.data.memory_photo import MemoryPhoto

PROTOCOLS = W300.facts.protocols
PROTOCOL = PROTOCOLS[0]
FACES = 689  # of 300W's full set
WORSE = 1.03


def made_up_faces(count, seed=0):
    rng = np.random.default_rng(seed)
    photo = np.zeros((1, 1, 3), np.uint8)
    records = [
        Record(MemoryPhoto(f"ibug/{i}.jpg", photo), random_face(rng, Size(160, 140)))
        for i in range(count)
    ]
    points = torch.from_numpy(np.array([record.points_photo for record in records]))
    eyes = (points[:, 36] - points[:, 45]).norm(dim=-1)
    distances = torch.stack([eyes * (1 + place) for place in range(len(PROTOCOLS))], dim=-1)
    return EvaluationSet("ibug", records, points, distances, PROTOCOLS)


def predictions(truth, seed, factor=1.0, share=0.5):
    """Results whose errors are partly the face's own, whoever looks, and partly the training's.

    Faces are hard to different degrees, as on 300W, where the error's standard deviation over the
    faces is about half of its mean.
    """
    shape = truth.points_photo.shape
    own, drawn = np.random.default_rng(99), np.random.default_rng(seed)
    hard = own.lognormal(0, 0.45, (shape[0], 1, 1))
    common, noise = own.normal(0, 1.5, shape), drawn.normal(0, 1.5, shape)
    offset = factor * hard * (np.sqrt(share) * common + np.sqrt(1 - share) * noise)
    points = truth.points_photo + torch.from_numpy(offset)
    return FaceResults.measure(truth, torch.arange(shape[0]), points)


def run(method, seed, results, training):
    found = {"ibug": results}
    return MeasuredRun(method, {}, seed, found, training, 1_000, 1.0, 0.1, None)


def moved_away(results, truth, factor):
    """The same predictions with every point's error made larger."""
    true_points = truth.points_photo.numpy()
    points = true_points + factor * (results.points_photo - true_points)
    return FaceResults.measure(truth, torch.from_numpy(results.face), torch.from_numpy(points))


def foreign(name, results, truth, folder):
    """What a comparison makes of predictions that `landmarks score` has written."""
    (folder / name).mkdir()
    results.save(folder / name)
    ((found,),) = foreign_runs({name: folder / name}, [ConditionFaces("300w", [truth])])
    return found


@pytest.fixture(scope="module")
def truth():
    return made_up_faces(FACES)


def verdict(runs):
    (pair,) = method_pairs(runs, "ibug", PROTOCOL)
    return pair


def test_a_method_beside_a_copy_of_its_own_predictions_is_not_resolved(truth, tmp_path):
    results = predictions(truth, seed=0)
    own = run("dark", 0, results, "dark-seed0")
    pair = verdict([own, foreign("copy", results, truth, tmp_path)])
    assert pair.verdict.outcome is Outcome.NOT_RESOLVED
    assert pair.difference.value == pair.difference.low == pair.difference.high == 0
    assert pair.p_bootstrap == pair.p_wilcoxon == 1


def test_one_method_under_two_names_is_not_resolved(truth):
    trained = [(seed, predictions(truth, seed)) for seed in (0, 1, 2)]
    runs = [
        run(method, seed, results, f"dark-seed{seed}")
        for method in ("dark", "again")
        for seed, results in trained
    ]
    pair = verdict(runs)
    assert pair.same_training
    assert pair.verdict.outcome is Outcome.NOT_RESOLVED
    assert pair.verdict.faces_needed is pair.verdict.seeds_needed is None


@pytest.mark.parametrize("draw", range(4))
def test_two_trainings_of_one_method_are_not_resolved(truth, draw):
    """Equal settings under other seeds: all that differs between the two is chance."""
    runs = [
        run(method, seed, predictions(truth, 100 + 10 * draw + 3 * place + seed), f"{method}{seed}")
        for place, method in enumerate(("dark", "again"))
        for seed in (0, 1, 2)
    ]
    assert verdict(runs).verdict.outcome is Outcome.NOT_RESOLVED


def test_errors_that_are_all_3_per_cent_larger_are_found_worse(truth, tmp_path):
    results = predictions(truth, seed=0)
    own = run("dark", 0, results, "dark-seed0")
    worse = foreign("worse", moved_away(results, truth, WORSE), truth, tmp_path)
    pair = verdict([own, worse])
    assert pair.verdict.outcome is Outcome.WORSE
    assert pair.method == "worse"
    assert pair.relative == pytest.approx(3.0, abs=1e-6)
    assert pair.better_faces == 0
    # The sign follows the order of the methods; what is found does not.
    assert verdict([worse, own]).verdict.outcome is Outcome.BETTER
    scores = method_scores([own, worse], "ibug", PROTOCOL, [pair])
    assert [score.seeds for score in scores] == [1, 0]
    assert scores[1].difference.low > 0


@pytest.mark.parametrize("draw", range(4))
def test_3_per_cent_are_found_among_the_noise_of_seeds(truth, draw):
    """Other trainings, whose errors are larger by 3 % of the mean and fall elsewhere."""
    runs = [
        run(method, seed, predictions(truth, 500 + 10 * draw + 3 * place + seed, factor), name)
        for place, (method, factor) in enumerate((("dark", 1.0), ("worse", WORSE)))
        for seed in (0, 1, 2)
        for name in [f"{method}-seed{seed}"]
    ]
    pair = verdict(runs)
    assert pair.verdict.outcome is Outcome.WORSE
    assert pair.relative == pytest.approx(3.0, abs=1.0)


def test_3_per_cent_are_found_beside_other_programs_of_one_training_each(truth, tmp_path):
    first = foreign("first", predictions(truth, 1), truth, tmp_path)
    worse = foreign("worse", predictions(truth, 2, WORSE), truth, tmp_path)
    pair = verdict([first, worse])
    assert pair.foreign
    assert pair.verdict.outcome is Outcome.WORSE


def test_3_per_cent_on_few_faces_are_not_claimed():
    few = made_up_faces(12)
    runs = [
        run("dark", 0, predictions(few, 1, share=0), "dark"),
        run("worse", 0, predictions(few, 2, WORSE, share=0), "worse"),
    ]
    pair = verdict(runs)
    assert pair.verdict.outcome is Outcome.NOT_RESOLVED


def test_one_of_fourteen_equal_methods_is_hardly_ever_called_better(truth):
    """Ninety-one pairs: without a correction, four or five would be resolved by chance."""
    rng = np.random.default_rng(3)
    hard = rng.lognormal(1.2, 0.45, FACES)
    errors = {f"m{i}": hard + rng.normal(0, 0.6, (3, FACES)) for i in range(14)}
    trainings = {name: tuple(f"{name}-{seed}" for seed in range(3)) for name in errors}
    pairs = compare_pairs(errors, trainings)
    assert len(pairs) == 91
    assert all(pair.verdict.outcome is Outcome.NOT_RESOLVED for pair in pairs)


def test_an_edited_error_does_not_help(truth, tmp_path):
    """A file that claims smaller errors than its points have is measured by its points."""
    results = predictions(truth, seed=0)
    smaller = {name: own * 0.9 for name, own in results.nme.items()}
    edited = foreign("edited", replace(results, nme=smaller), truth, tmp_path)
    pair = verdict([run("dark", 0, results, "dark-seed0"), edited])
    assert pair.verdict.outcome is Outcome.NOT_RESOLVED
