"""Checks that a codec holds nothing, draws nothing, and depends on what it is given alone."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from landmarks.conformance.base import Check, require_alike, violated
from landmarks.conformance.equivariance import random_affines
from landmarks.conformance.subject import Subject


def _nothing_learnt(subject: Subject) -> str:
    parameters = [name for name, _ in subject.codec.named_parameters()]
    if parameters:
        violated("parameters", ", ".join(parameters), "none: a codec learns nothing")
    saved = list(subject.codec.state_dict())
    if saved:
        violated(
            "state_dict",
            ", ".join(saved),
            "nothing, so that one training can be decoded by many codecs",
            "register_buffer(..., persistent=False) keeps a tensor out",
        )
    return "no parameter, no persistent buffer"


def _no_random_number(subject: Subject) -> str:
    points, weight = subject.faces(2), torch.ones(2, subject.count, device=subject.device)
    outputs = subject.noise(2)
    targets = subject.encode(points)
    affines = random_affines(subject.size, 2).to(subject.device)
    codec = subject.codec
    steps: dict[str, Callable[[], Any]] = {
        "construction": subject.build,
        "encode": lambda: codec.encode(points),
        "loss": lambda: codec.loss(outputs, targets, weight),
        "supervise": lambda: codec.supervise(outputs, points, weight),
        "decode": lambda: codec.decode(outputs),
        "warp": lambda: codec.warp(outputs, affines),
    }
    for name, step in steps.items():
        before = _random_states()
        step()
        for library, state in _random_states().items():
            if state != before[library]:
                violated(
                    name,
                    f"a number drawn from {library}'s global generator",
                    "none: two codecs under one seed would no longer see the same",
                )
    return f"none by {', '.join(steps)}"


def _random_states() -> dict[str, object]:
    # Not Python's own: beartype, where it checks annotations, draws from that at every call.
    states: dict[str, object] = {
        "torch": torch.random.get_rng_state().numpy().tobytes(),
        "numpy": str(np.random.get_state()),  # noqa: NPY002 (the global one is what is watched)
    }
    if torch.cuda.is_available():
        states["torch.cuda"] = torch.cuda.get_rng_state().numpy().tobytes()
    return states


def _determinism(subject: Subject) -> str:
    outputs = subject.noise(3)
    kept = {name: output.clone() for name, output in outputs.items()}
    codec = subject.codec
    with torch.no_grad():
        first = codec.decode(outputs)._asdict()
        codec.decode(subject.noise(5, seed=1))
        subject.encode(subject.faces(3))
        again = codec.decode(outputs)._asdict()
        require_alike(again, first, 0, "decode of the same outputs again")
        other = subject.build().to(subject.device).decode(outputs)._asdict()
        require_alike(other, first, 0, "decode by a codec built again")
        training = codec.training
        codec.train(not training)
        changed = codec.decode(outputs)._asdict()
        codec.train(training)
        require_alike(changed, first, 0, "decode in training and in evaluation")
    with torch.inference_mode():
        require_alike(codec.decode(outputs)._asdict(), first, 0, "decode in inference mode")
    require_alike(outputs, kept, 0, "the outputs after decode: changed in place")
    points = subject.faces(3)
    before = points.clone()
    subject.encode(points)
    require_alike({"points": points}, {"points": before}, 0, "the points after encode")
    return "decode is the same again, in training, evaluation and inference mode"


def _same_targets(subject: Subject) -> str:
    if not subject.repeats_targets:
        violated(
            "the same points encoded twice",
            "two targets",
            "one: a loss against encoded points must mean something",
            "a target that is drawn may be drawn from the points themselves (a hash of them)",
        )
    points = subject.faces(3)
    require_alike(
        subject.build().to(subject.device).encode(points),
        subject.encode(points),
        0,
        "encode by a codec built again",
    )
    return "encode is the same again"


def _decoding_arguments(subject: Subject) -> str:
    kind = type(subject.codec)
    known = set(inspect.signature(kind.__init__).parameters) - {"self"}
    wrong = sorted(set(kind.decoding_arguments) - known)
    if wrong:
        violated(
            "decoding_arguments",
            ", ".join(wrong),
            f"names of {kind.__name__}'s arguments: {', '.join(sorted(known))}",
        )
    return ", ".join(sorted(kind.decoding_arguments)) or "none"


NOTHING_LEARNT = Check(
    "nothing learnt",
    "A codec holds no learnt parameter and no persistent buffer.",
    _nothing_learnt,
)
NO_RANDOM_NUMBER = Check(
    "no random number",
    "Neither construction, encode, loss, decode nor warp draws from a global generator.",
    _no_random_number,
)
DETERMINISM = Check(
    "determinism",
    "decode depends on the outputs alone, and changes nothing in place.",
    _determinism,
)
SAME_TARGETS = Check(
    "same targets",
    "encode depends on the points alone.",
    _same_targets,
)
DECODING_ARGUMENTS = Check(
    "decoding arguments",
    "decoding_arguments name arguments of the constructor.",
    _decoding_arguments,
)
