"""A report of made-up numbers, of any size: every section is filled."""

from itertools import product

import numpy as np
import torch

from landmarks.analysis import figures
from landmarks.analysis.calibration import (
    calibration_curves,
    calibration_means,
    calibration_table,
)
from landmarks.analysis.decomposition import (
    ErrorTerms,
    GroupError,
    LandmarkError,
    ResolutionPoint,
    Term,
)
from landmarks.analysis.diary import EpochRow
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.report.content import (
    ConditionReport,
    Exhibit,
    ForeignMethod,
    MissingRun,
    Plot,
    Proof,
    Report,
    SplitReport,
    TrainingReport,
)
from landmarks.analysis.report.exhibits import (
    groups_exhibit,
    landmark_exhibit,
    resolution_exhibit,
    selection_exhibit,
    terms_exhibit,
)
from landmarks.analysis.scores import (
    errors_by_method,
    method_pairs,
    method_scores,
    results_table,
)
from landmarks.analysis.selection import selections
from landmarks.analysis.statistics import Estimate, error_estimate, winner_sentence
from landmarks.analysis.tiles import (
    SeenMap,
    ShownFace,
    beside,
    chosen_faces,
    face_tile,
    heatmap_tile,
    own_faces,
)
from landmarks.batch import Record
from landmarks.benchmarks import BENCHMARKS
from landmarks.data.augmentation import Placement
from landmarks.data.crops import LandmarkBox
from landmarks.geometry import Grid, Size, apply_affine, invert_affine
from landmarks.markups import MARKUP_68
from landmarks.results import FaceResults
from tests.benchmarks.official.w300 import draw_face, random_face
from tests.data.memory_photo import MemoryPhoto

FACTS = BENCHMARKS["300w"].facts
PROTOCOL = FACTS.protocols[0]
ERROR = f"NME, {PROTOCOL.name}"
METHODS = (
    "argmax", "quarter offset", "DARK", "continuous", "DSNT", "SimCC", "HIH", "UDP", "H3R",
    "local soft-argmax", "matched fit", "adaptive wing, 64 cells", "density",
    "a_method_with_a_name_that_is_far_too_long_to_fit",
)  # fmt: skip
EPOCHS = 12
CROP = Size(64, 64)


def made_up_page(
    methods=METHODS[:5],
    axes=None,
    seeds=(0, 1, 2),
    count=60,
    splits=("ibug",),
    foreign=False,
    missing=False,
):
    """A report with every section that its methods and conditions allow."""
    rng = np.random.default_rng(7)
    names = [*methods, "STAR (authors)"] if foreign else list(methods)
    looks = figures.method_looks(names)
    faces = {split: _records(rng, split, count) for split in splits}
    axes = axes or {}
    conditions, every = [], []
    for levels in (dict(zip(axes, chosen, strict=True)) for chosen in product(*axes.values())):
        runs = _runs(rng, names, len(methods), levels, seeds, faces)
        every += runs
        conditions.append(_condition(rng, runs, levels, looks, faces, own=not conditions))
    sizes = [
        ResolutionPoint(
            method, {}, splits[0], axis, size, _estimate(4 + 20 / size - 0.1 * i), size == 64,
            count, len(seeds),
        )
        for axis, all_sizes in (("heatmap_size", (16, 32, 64, 128)), ("crop_size", (64, 128, 256)))
        for i, method in enumerate(methods)
        for size in all_sizes
    ]  # fmt: skip
    main = conditions[0].splits[0]
    times = [
        figures.LatencyPoint(score.method, score.nme, score.network_ms, score.decode_ms)
        for score in main.scores
        if score.network_ms is not None
    ]
    return Report(
        title="made <up> & tried",
        command="landmarks compare made_up.yaml --output runs/made_up",
        methods=names,
        seeds=list(seeds),
        conditions=conditions,
        results=results_table(every, FACTS),
        trainings=[
            TrainingReport(
                f"{method}-0a1b2c3d-seed{seed}",
                [method],
                seed,
                EPOCHS,
                12.5,
                4.87,
                "NVIDIA H100 80GB HBM3",
                condition.name,
                1,
                True,
            )
            for condition in conditions
            for method in methods
            for seed in seeds
        ],
        proofs=[
            Proof(what, str(seed), dict.fromkeys(methods, digest * 32), condition.name)
            for condition in conditions
            for seed in seeds
            for what, digest in (("order of faces and crops, epoch 1", "ab"), ("weights", "0c"))
        ]
        + [Proof("test faces", "all", {m: f"{i // 3:064d}" for i, m in enumerate(methods)})],
        settings={
            method: f"model:\n  codec:\n    class_path: landmarks.codecs.{method}"
            for method in methods
        },
        shared_settings="trainer:\n  max_epochs: 12",
        versions={"landmarks": "0.1.0", "torch": "2.13.0", "machine": "a machine, 16 cores"},
        missing=[MissingRun("HIH, seed 2", "CUDA out of memory")] if missing else (),
        foreign=[ForeignMethod(names[-1], "scored/star", "published weights")] if foreign else (),
        resolution=[
            resolution_exhibit(
                [one for one in sizes if one.axis == axis], [_resolution_plot(sizes, axis, looks)]
            )
            for axis in ("heatmap_size", "crop_size")
        ],
        latency=[
            Exhibit(
                plots=[
                    Plot(
                        figures.latency_figure(times, ERROR, looks),
                        figures.latency_alt(times),
                        "Times of one face in a batch of 64 on one GPU.",
                    )
                ]
            )
        ],
        files={"results.csv": "every score", "tables/": "the tables as CSV, Markdown and LaTeX"},
    )


def _condition(rng, runs, levels, looks, faces, own):
    methods = list(dict.fromkeys(run.method for run in runs))
    trained = [run for run in runs if run.training is not None]
    main = next(iter(faces))
    errors = errors_by_method(runs, main, PROTOCOL.name)
    means = {method: values.mean(axis=0) for method, values in errors.items()}
    terms = [_terms(method, values, main, levels) for method, values in errors.items()]
    parts = list(MARKUP_68.parts)
    groups = [
        GroupError(method, levels, main, grouping, group, 20 + i, 400, _estimate(4.0 + i))
        for grouping, names in (
            ("part", parts),
            ("subset", ["easy", "challenging"]),
            ("inter-ocular distance", ["below 40 px", "40 to 80 px", "80 px and more"]),
        )
        for method in methods
        for i, group in enumerate(names)
    ]
    points = {method: 3 + rng.gamma(2, 1, 68) for method in methods}
    landmarks = [
        LandmarkError(method, levels, main, point, (parts[point % len(parts)],), 60, _estimate(nme))
        for method, values in points.items()
        for point, nme in enumerate(values.tolist())
    ]
    mean_face = (MARKUP_68.mean_shape, MARKUP_68.parts, ERROR)
    chosen = selections(trained, PROTOCOL.name)
    chosen = [one for one in chosen if one.split == main]
    curves = [
        figures.TrainingCurves(
            method,
            [run.epochs for run in trained if run.method == method],
            [EPOCHS - 2 for run in trained if run.method == method],
        )
        for method in dict.fromkeys(run.method for run in trained)
    ]
    return ConditionReport(
        levels=levels,
        facts=FACTS,
        training_faces="2,012 of 3,148 training faces",
        splits=[_split(runs, split, looks) for split in faces],
        decomposition=[
            terms_exhibit(
                terms, [Plot(figures.terms_figure(terms, ERROR, looks), figures.terms_alt(terms))]
            ),
            groups_exhibit(
                groups, [Plot(figures.groups_figure(groups, ERROR, looks), "Groups of faces.")]
            ),
            landmark_exhibit(
                landmarks,
                [
                    Plot(
                        figures.mean_face_figure(points, *mean_face),
                        figures.mean_face_alt(points, MARKUP_68.parts),
                    )
                ],
            ),
        ],
        selection=[
            selection_exhibit(
                chosen,
                plots=[
                    Plot(
                        figures.selection_figure(chosen, ERROR, looks),
                        figures.selection_alt(chosen),
                    )
                ],
            )
        ],
        same_faces=_same_faces(runs, faces[main], means, main),
        own_faces=_own_faces(runs, faces[main], means, main) if own else (),
        trainings=[
            Plot(figures.training_figure(curves, looks=looks), figures.training_alt(curves))
        ],
    )


def _split(runs, split, looks):
    errors = errors_by_method(runs, split, PROTOCOL.name)
    pairs = method_pairs(runs, split, PROTOCOL) if len(errors) > 1 else []
    scores = method_scores(runs, split, PROTOCOL, pairs)
    means = {method: error_estimate(own) for method, own in errors.items()}
    best = next(score.method for score in scores if score.difference is None)
    panel = figures.Panel(f"{split}, {scores[0].faces} faces", errors, 100 * PROTOCOL.auc_threshold)
    own = [run for run in runs if run.training is not None]
    curves = calibration_curves(own, split, PROTOCOL.name)
    return SplitReport(
        name=split,
        found=f"{scores[0].faces} of {scores[0].faces} faces of {split}",
        protocol=PROTOCOL,
        verdict=winner_sentence(pairs, means),
        scores=scores,
        pairs=pairs,
        forest=Plot(figures.forest_figure(pairs, best, looks), figures.forest_alt(pairs, best))
        if pairs
        else None,
        ced=Plot(figures.ced_figure([panel], ERROR, looks), figures.ced_alt([panel])),
        calibrations=calibration_means(calibration_table(own, PROTOCOL.name), split),
        calibration=Plot(
            figures.calibration_figure(curves, PROTOCOL.name, looks),
            figures.calibration_alt(curves),
        ),
    )


def _runs(rng, names, trained, levels, seeds, faces):
    runs = []
    hard = {split: rng.lognormal(-3.0, 0.4, len(own)) for split, own in faces.items()}
    for place, method in enumerate(names):
        for seed in seeds if place < trained else (None,):
            luck = rng.normal(0, 0.0004)
            splits = {
                split: _results(
                    rng, split, own, hard[split] * (1.2 - 0.02 * place) + luck, place < trained
                )
                for split, own in faces.items()
            }
            mine = place < trained
            runs.append(
                MeasuredRun(
                    method=method,
                    levels=levels,
                    seed=seed,
                    splits=splits,
                    training=f"{method}-{seed}" if mine else None,
                    parameters=2_345_678 + 1000 * place if mine else None,
                    network_ms=1.5 if mine else None,
                    decode_ms=0.02 * (1 + place) if mine else None,
                    temperature=2.0 + place if mine else None,
                    epochs=_epochs(rng, method, splits) if mine else (),
                )
            )
    return runs


def _results(rng, split, own, nme, claims):
    nme = np.abs(nme + rng.normal(0, 0.002, len(own))) + 0.004
    truth = np.array([face.points_photo for face in own])
    spread = rng.lognormal(0.2, 0.4, truth.shape[:2])
    points = truth + spread[..., None] * rng.normal(0, 1, truth.shape)
    return FaceResults(
        split=split,
        face=np.arange(len(own)),
        photo=tuple(face.photo.name for face in own),
        subsets=((),) * len(own),
        points_photo=points,
        covariances_photo=(0.5 * spread**2)[..., None, None] * np.eye(2) if claims else None,
        true_points_photo=truth,
        normalisers={
            protocol.name: np.full(len(own), 50.0 * (place + 1))
            for place, protocol in enumerate(FACTS.protocols)
        },
        nme={protocol.name: nme / (place + 1) for place, protocol in enumerate(FACTS.protocols)},
    )


def _epochs(rng, method, splits):
    final = {split: 100 * float(own.nme[PROTOCOL.name].mean()) for split, own in splits.items()}
    rows = []
    for epoch in range(EPOCHS):
        left = 0 if epoch == EPOCHS - 2 else 8 * 0.6**epoch + 0.05 + rng.exponential(0.05)
        test = {split: {method: own + left - 0.04 * (epoch == 9)} for split, own in final.items()}
        rows.append(EpochRow(epoch, 3.0, 0.5 * 0.7**epoch, 4.5 + left, test))
    return rows


def _records(rng, split, count):
    size, found = Size(160, 140), []
    for i in range(count):
        points = random_face(rng, size)
        photo = MemoryPhoto(f"{split}/{i}.jpg", draw_face(points, size, rng)[:, :, ::-1])
        found.append(Record(photo, points))
    return found


def _terms(method, errors, split, levels):
    total = error_estimate(errors)
    shares = {"crop": 0.02, "encode": 0.03, "decode": 0.15, "network": 0.8}
    terms = tuple(
        Term(
            name,
            _estimate(share * total.value),
            None if name == "network" else share,
            name in ("decode", "network"),
        )
        for name, share in shares.items()
    )
    return ErrorTerms(
        method, levels, split, PROTOCOL.name, errors.shape[1], len(errors), total, terms, method,
        _estimate(0.3),
    )  # fmt: skip


def _estimate(value):
    return Estimate(value, value - 0.12, value + 0.13)


def _resolution_plot(sizes, axis, looks):
    own = [one for one in sizes if one.axis == axis]
    return Plot(figures.resolution_figure(own, ERROR, looks), figures.resolution_alt(own))


def _seen(run, record, place, split):
    """Points beside maps; of another program nothing but points is known."""
    points = face_tile(record, run.splits[split].points_photo[place])
    if run.training is None:
        return points
    grid = Grid.centred(CROP, 32)
    window = LandmarkBox(1.25)(record, np.random.default_rng(0))
    photo_from_crop = Placement().photo_from_crop(window, CROP)
    crop = apply_affine(
        invert_affine(photo_from_crop), torch.from_numpy(run.splits[split].points_photo[place])
    )
    cells = grid.to_cells(crop).numpy()
    ys, xs = np.mgrid[:32, :32]
    square = (xs - cells[:, :1, None]) ** 2 + (ys - cells[:, 1:, None]) ** 2
    values = np.exp(-square / 2).max(axis=0)
    return beside(points, heatmap_tile(record, SeenMap(values, grid, CROP, photo_from_crop)))


def _firsts(runs):
    return {run.method: run for run in reversed(runs)}


def _same_faces(runs, records, means, split):
    firsts = {method: _firsts(runs)[method] for method in means}
    return [
        ShownFace(
            f"{why}: {records[place].photo.name}",
            {m: _seen(run, records[place], place, split) for m, run in firsts.items()},
            {method: float(own[place]) for method, own in means.items()},
        )
        for why, place in chosen_faces(list(means.values())).items()
    ]


def _own_faces(runs, records, means, split):
    firsts = _firsts(runs)
    return [
        ShownFace(
            why,
            {m: _seen(firsts[m], records[place], place, split) for m, place in places.items()},
            {m: float(means[m][place]) for m, place in places.items()},
            {m: records[place].photo.name for m, place in places.items()},
        )
        for why, places in own_faces(means).items()
    ]


__all__ = ["FACTS", "METHODS", "made_up_page"]
