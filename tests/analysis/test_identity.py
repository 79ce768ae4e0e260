from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from landmarks.analysis.identity import (
    faces_digest,
    shared_weights,
    training_key,
    truth_digest,
    weight_digests,
)
from landmarks.benchmarks.w300 import W300
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.markups import MARKUP_68
from tests.analysis.made_up import records

SETTINGS = {
    "seed_everything": 0,
    "model": {
        "crop_size": 64,
        "codec": {"class_path": "A", "init_args": {"sigma": 1.5, "peak": {"class_path": "P"}}},
    },
    "data": {
        "class_path": "D",
        "init_args": {"root": "x", "workers": 2, "test_splits": None, "batch_size": 4, "seed": 0},
    },
    "trainer": {"max_epochs": 3, "default_root_dir": "x", "enable_progress_bar": None},
    "checkpoint": {"dirpath": "x", "monitor": "val/nme"},
}


def key(change=None, value=None, data_digest="faces"):
    settings = deepcopy(SETTINGS)
    if change is not None:
        place = settings
        for name in change[:-1]:
            place = place[name]
        place[change[-1]] = value
    return training_key(settings, frozenset({"peak"}), data_digest)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (("model", "codec", "init_args", "peak"), {"class_path": "Q"}),
        (("data", "init_args", "root"), "y"),
        (("data", "init_args", "description"), "y.yaml"),
        (("data", "init_args", "workers"), 0),
        (("data", "init_args", "prepared"), "cache"),
        (("data", "init_args", "test_splits"), ["ibug"]),
        (("trainer", "default_root_dir"), "y"),
        (("trainer", "enable_progress_bar"), False),
        (("checkpoint", "dirpath"), "y"),
    ],
)
def test_what_leaves_a_training_as_it_is_keeps_its_key(change, value):
    assert key(change, value) == key()


@pytest.mark.parametrize(
    ("change", "value"),
    [
        (("seed_everything",), 1),
        (("model", "codec", "init_args", "sigma"), 2.0),
        (("model", "codec", "class_path"), "B"),
        (("model", "crop_size"), 128),
        (("data", "init_args", "batch_size"), 8),
        (("data", "class_path"), "E"),
        (("trainer", "max_epochs"), 4),
        (("checkpoint", "monitor"), "val/fr"),
    ],
)
def test_what_changes_a_training_changes_its_key(change, value):
    assert key(change, value) != key()


def test_other_faces_change_the_key():
    assert key(data_digest="other faces") != key()


def test_weights_are_told_apart_by_name_shape_and_value():
    torch.manual_seed(0)
    first = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    second = nn.Sequential(deepcopy(first[0]), nn.Linear(4, 5))
    tables = [weight_digests(network) for network in (first, second)]
    assert shared_weights(tables) == ["0.weight", "0.bias"]
    assert tables[0]["0.weight"] == tables[1]["0.weight"]
    assert tables[0]["0.weight"].shape == (4, 3)
    with torch.no_grad():
        first[0].weight[0, 0] += 1e-6
    assert weight_digests(first)["0.weight"].digest != tables[0]["0.weight"].digest


def test_the_hash_of_faces_sees_names_points_and_distances():
    faces = records(3)
    points = torch.from_numpy(np.array([face.points_photo for face in faces]))
    truth = EvaluationSet(
        "ibug", faces, points, torch.ones(3, 1, dtype=torch.float64), W300.facts.protocols[:1]
    )
    moved = points.clone()
    moved[1, 5, 0] += 1e-9
    digests = {
        faces_digest([changed])
        for changed in (
            truth,
            truth._replace(split="full"),
            truth._replace(records=faces[::-1]),
            truth._replace(points_photo=moved),
            truth._replace(normalisers=2 * truth.normalisers),
        )
    }
    assert len(digests) == 5
    assert faces_digest([truth]) == faces_digest([truth._replace(points_photo=points.clone())])


def test_the_truth_of_faces_is_their_points_and_their_mirror():
    faces = records(3)
    digest = truth_digest(faces, MARKUP_68)
    assert truth_digest(records(3), MARKUP_68) == digest
    assert truth_digest(faces[:2], MARKUP_68) != digest
    mirror = (1, 0, *MARKUP_68.mirror[2:15], 15, 16, *MARKUP_68.mirror[17:])
    assert truth_digest(faces, replace(MARKUP_68, mirror=mirror)) != digest
    moved = faces[1].points_photo.copy()
    moved[30, 0] += 1e-9
    changed = [faces[0], replace(faces[1], points_photo=moved), faces[2]]
    assert truth_digest(changed, MARKUP_68) != digest
    moved[30] = np.nan
    assert truth_digest(changed, MARKUP_68) != digest
