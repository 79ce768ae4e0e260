"""Hashes: which settings make one training, and what trainings have in common."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from landmarks.batch import Record
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.markups import Markup

_INERT = {
    "data": {"root", "description", "prepared", "workers", "test_splits", "test_crop", "seed"},
    "trainer": {
        "default_root_dir",
        "enable_model_summary",
        "enable_progress_bar",
        "log_every_n_steps",
        "logger",
        "profiler",
    },
    "checkpoint": {"dirpath", "verbose"},
}
"""Options that leave a training's result as it is; the seed stands by itself.

What a root or a description leads to is told by the hashes of the faces.
"""


class WeightDigest(NamedTuple):
    """Shape and hash of a parameter as it was before training."""

    shape: tuple[int, ...]
    digest: str


def training_key(
    settings: Mapping[str, Any], decoding_arguments: Collection[str], data_digest: str
) -> str:
    """A hash of all that settles a training's result; methods with one key share it.

    Args:
        settings: The resolved settings of the run, with all defaults.
        decoding_arguments: The codec's arguments that touch decoding alone.
        data_digest: Hash of the training and held-out faces, their points, order and crops.
    """
    model = json.loads(json.dumps(settings["model"], default=str))
    for argument in decoding_arguments:
        model["codec"].get("init_args", {}).pop(argument, None)
    data = {**settings["data"], "init_args": _without(settings["data"]["init_args"], "data")}
    parts = {
        "seed": settings["seed_everything"],
        "model": model,
        "data": data,
        "trainer": _without(settings["trainer"], "trainer"),
        "checkpoint": _without(settings["checkpoint"], "checkpoint"),
        "faces": data_digest,
    }
    return digest_of(parts)


def digest_of(value: object) -> str:
    """SHA-256 of a value's canonical JSON.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def faces_digest(sets: Sequence[EvaluationSet]) -> str:
    """A hash of the faces of evaluation sets and of the truth about them."""
    digest = hashlib.sha256()
    for faces in sets:
        digest.update(repr((faces.split, [record.photo.name for record in faces.records])).encode())
        digest.update(np.ascontiguousarray(faces.points_photo.numpy()).tobytes())
        digest.update(np.ascontiguousarray(faces.normalisers.numpy()).tobytes())
    return digest.hexdigest()


def truth_digest(records: Sequence[Record], markup: Markup) -> str:
    """A hash of what a network is told of its training faces: their points, and which mirror which.

    Two annotations of one picture may have one crop.
    """
    digest = hashlib.sha256(repr(markup.mirror).encode())
    for record in records:
        points = np.where(np.isnan(record.points_photo), np.nan, record.points_photo)
        digest.update(np.ascontiguousarray(points, dtype=np.float64).tobytes())
    return digest.hexdigest()


def weight_digests(network: nn.Module) -> dict[str, WeightDigest]:
    """Shape and hash of each parameter, by its name."""
    return {
        name: WeightDigest(
            tuple(parameter.shape),
            hashlib.sha256(
                parameter.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
            ).hexdigest(),
        )
        for name, parameter in network.named_parameters()
    }


def shared_weights(networks: Sequence[Mapping[str, WeightDigest]]) -> list[str]:
    """Names of the parameters that all networks have, in one shape, in the first one's order."""
    first, *others = networks
    return [
        name
        for name, weight in first.items()
        if all(name in other and other[name].shape == weight.shape for other in others)
    ]


def _without(options: Mapping[str, Any], section: str) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in _INERT[section]}
