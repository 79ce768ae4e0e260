"""Runs, faces and a report of made-up numbers."""

import numpy as np

from landmarks.analysis.calibration import (
    calibration_curves,
    calibration_means,
    calibration_table,
)
from landmarks.analysis.figures import (
    Panel,
    calibration_figure,
    ced_figure,
    interval_figure,
    save_svg,
)
from landmarks.analysis.report import Proof, Report, SplitReport, TrainingReport
from landmarks.analysis.scores import MeasuredRun, errors_by_method, method_scores, results_table
from landmarks.analysis.tiles import ShownFace, chosen_faces, face_tile
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


def made_up_report(folder, methods=("argmax", "continuous"), seeds=(0, 1), count=40):
    rng = np.random.default_rng(7)
    faces = records(count)
    hard = rng.lognormal(-3.0, 0.4, count)
    runs = []
    for place, method in enumerate(methods):
        for seed in seeds:
            nme = hard * (1.2 - 0.03 * place) + rng.normal(0, 0.002, count) + 0.004
            true_points = np.array([face.points_photo for face in faces])
            spread = rng.lognormal(0.4, 0.5, true_points.shape[:2])
            # The second method foresees its errors, the first claims one spread for all.
            claimed = {"spread": 0.7 * spread if place else 0.8}
            points = true_points + spread[..., None] * rng.normal(0, 1, true_points.shape)
            claimed |= {"points": points, "true_points": true_points, "temperature": 2.0 + seed}
            runs.append(measured_run(method, seed, nme, **claimed))
    protocol = PROTOCOLS[0]
    scores = method_scores(runs, "ibug", protocol)
    errors = errors_by_method(runs, "ibug", protocol.name)
    ced, intervals = folder / "ced.svg", folder / "intervals-ibug.svg"
    calibration = folder / "calibration-ibug.svg"
    curves = calibration_curves(runs, "ibug", protocol.name)
    save_svg(calibration_figure(curves, protocol.name), calibration)
    means = calibration_means(calibration_table(runs, protocol.name), "ibug")
    panel = Panel(f"ibug, {count} faces", errors, 100 * protocol.auc_threshold)
    save_svg(ced_figure([panel], "inter-ocular NME"), ced)
    save_svg(interval_figure(scores, "inter-ocular NME"), intervals)
    shown = []
    for why, face in chosen_faces(list(errors.values())).items():
        tiles = {
            run.method: face_tile(faces[face], run.splits["ibug"].points_photo[face])
            for run in runs
            if run.seed == seeds[0]
        }
        own = {method: float(values[face]) for method, values in errors.items()}
        shown.append(ShownFace(f"{why}: {faces[face].photo.name}", tiles, own))
    return Report(
        title="made <up> & tried",
        command="landmarks compare made_up.yaml --output runs/made_up",
        facts=FACTS,
        training_faces="2,012 of 3,148 training faces",
        splits=[
            SplitReport("ibug", "135 of 135 faces of ibug", scores, intervals, means, calibration)
        ],
        ced=ced,
        faces=shown,
        results=results_table(runs, FACTS),
        trainings=[
            TrainingReport(f"{methods[0]}-0a1b2c3d-seed{s}", methods, s, 30, 12.5, 4.87, "cpu")
            for s in seeds
        ],
        proofs=[
            Proof("order of faces and crops", "0", dict.fromkeys(methods, "ab" * 32)),
            Proof("initial weights", "0", {m: f"{i:064d}" for i, m in enumerate(methods)}),
        ],
        settings={method: f"codec:\n  class_path: {method}" for method in methods},
        shared_settings="trainer:\n  max_epochs: 30",
        versions={"landmarks": "0.1.0", "machine": "a machine"},
    )


__all__ = ["FACTS", "PROTOCOLS", "face_results", "made_up_report", "measured_run", "records"]
