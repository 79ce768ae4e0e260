"""Runs and faces of made-up numbers."""

import numpy as np

from landmarks.analysis.measured import MeasuredRun
from landmarks.batch import Record
from landmarks.benchmarks import BENCHMARKS
from landmarks.geometry import Size
from landmarks.results import FaceResults
from tests.benchmarks.official.w300 import draw_face, random_face
from tests.data.memory_photo import MemoryPhoto

FACTS = BENCHMARKS["300w"].facts
PROTOCOLS = FACTS.protocols


def face_results(nme, split="ibug", points=None, true_points=None, spread=2.0):
    """Results whose covariances claim ``spread`` photo pixels along each axis."""
    count = len(nme)
    none = np.zeros((count, 68, 2))
    return FaceResults(
        split=split,
        face=np.arange(count),
        photo=tuple(f"{split}/{i}.jpg" for i in range(count)),
        subsets=((),) * count,
        points_photo=none + 1 if points is None else points,
        covariances_photo=np.broadcast_to(spread, (count, 68))[..., None, None] ** 2 * np.eye(2),
        true_points_photo=none if true_points is None else true_points,
        normalisers={
            protocol.name: np.full(count, 50.0 * (place + 1))
            for place, protocol in enumerate(PROTOCOLS)
        },
        nme={protocol.name: nme / (place + 1) for place, protocol in enumerate(PROTOCOLS)},
    )


def measured_run(method, seed, nme, split="ibug", temperature=1.5, **settings):
    found = {split: face_results(nme, split, **settings)}
    training = f"{method}-seed{seed}"
    return MeasuredRun(method, {}, seed, found, training, 1_234_567, 1.5, 0.25, temperature)


def records(count, seed=0):
    rng, size = np.random.default_rng(seed), Size(160, 140)
    found = []
    for i in range(count):
        points = random_face(rng, size)
        photo = MemoryPhoto(f"ibug/{i}.jpg", draw_face(points, size, rng)[:, :, ::-1])
        found.append(Record(photo, points))
    return found


__all__ = ["FACTS", "PROTOCOLS", "face_results", "measured_run", "records"]
