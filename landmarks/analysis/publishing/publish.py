"""All that is written of finished runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import polars
from omegaconf import OmegaConf

from landmarks.analysis import runs as on_disk
from landmarks.analysis.calibration import (
    calibration_curves,
    calibration_means,
    calibration_table,
)
from landmarks.analysis.decomposition import ResolutionPoint, trained_points
from landmarks.analysis.exports import write_tables
from landmarks.analysis.figures import (
    Panel,
    calibration_alt,
    calibration_figure,
    ced_alt,
    ced_figure,
    forest_alt,
    forest_figure,
    latency_alt,
    latency_figure,
    latency_points,
    method_looks,
    resolution_alt,
    resolution_figure,
    save_svg,
    selection_alt,
    selection_figure,
    training_alt,
    training_curves,
    training_figure,
)
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.plan import Plan
from landmarks.analysis.publishing.decomposed import decompose, decomposition_exhibits
from landmarks.analysis.publishing.proofs import proofs, training_reports
from landmarks.analysis.publishing.seen_faces import shown_faces
from landmarks.analysis.publishing.subject import Subject
from landmarks.analysis.publishing.tables import (
    FILES,
    claiming,
    write_decompositions,
    write_scores,
)
from landmarks.analysis.report.content import (
    ConditionReport,
    Exhibit,
    ForeignMethod,
    MissingRun,
    Plot,
    Report,
    SplitReport,
)
from landmarks.analysis.report.exhibits import resolution_exhibit, selection_exhibit
from landmarks.analysis.report.page import write_page
from landmarks.analysis.report.tables import best_method
from landmarks.analysis.runs import Training
from landmarks.analysis.scores import MethodScore, results_table
from landmarks.analysis.selection import selections, without_selection
from landmarks.analysis.statistics import needed_sentence, winner_sentence
from landmarks.analysis.tiles import faces_figure, save_jpeg

_NOBODY: Mapping[str, Sequence[MeasuredRun]] = MappingProxyType({})


def publish(
    plan: Plan,
    trainings: Mapping[Path, Training],
    tested: Mapping[Path, MeasuredRun],
    output: Path,
    command: str,
    missing: Sequence[MissingRun] = (),
    foreign: Mapping[str, Sequence[MeasuredRun]] = _NOBODY,
) -> dict[str, list[MethodScore]]:
    """Writes the tables, the plots and the report of finished runs.

    Args:
        plan: What was compared.
        trainings: Each run's training, by the run's folder.
        tested: Each run, tested, by its folder.
        output: The folder to write to.
        command: The command as it was typed, for the report.
        missing: The runs that the report is without.
        foreign: Predictions of other programs, by the name of the condition whose faces they are
            of.

    Returns:
        The methods' scores under the benchmark's first protocol, by the condition's name, split by
        split.
    """
    subjects = _subjects(plan, trainings, tested, foreign)
    write_scores(subjects, output)
    decompositions = [decompose(each) for each in subjects]
    resolution = _resolution(subjects, [own.simulated for own in decompositions])
    write_decompositions(decompositions, resolution, output)
    conditions = []
    for subject, found in zip(subjects, decompositions, strict=True):
        same, own = shown_faces(subject)
        name = subject.file_name("predictions", subject.splits[0], ".jpg")
        save_jpeg(faces_figure(same), output / name)
        conditions.append(
            ConditionReport(
                levels=subject.planned.condition.levels,
                facts=subject.planned.facts,
                training_faces=subject.planned.found[0],
                splits=[
                    _split_report(subject, place, output) for place in range(len(subject.splits))
                ],
                decomposition=decomposition_exhibits(subject, found),
                selection=_selection(subject),
                same_faces=same,
                own_faces=own,
                trainings=_training_plots(subject),
            )
        )
    experiment = plan.experiment
    report = Report(
        title=experiment.name,
        command=command,
        methods=[*experiment.methods, *experiment.foreign],
        seeds=list(experiment.seeds),
        conditions=conditions,
        results=_all_results(subjects),
        trainings=training_reports(subjects),
        proofs=[proof for each in subjects for proof in proofs(each.planned, each.trainings)],
        settings={
            method: OmegaConf.to_yaml(OmegaConf.create({"model": changes})).strip()
            for method, changes in experiment.methods.items()
        },
        shared_settings=OmegaConf.to_yaml(OmegaConf.create(experiment.shared)).strip(),
        versions=on_disk.versions(),
        missing=missing,
        foreign=[ForeignMethod(name, str(folder)) for name, folder in experiment.foreign.items()],
        resolution=_resolution_exhibits(subjects, resolution),
        latency=_latency_exhibits(subjects),
    )
    write_tables(report, output / "tables")
    there = {name: about for name, about in FILES.items() if (output / name).exists()}
    write_page(replace(report, files=there), output / "report.html")
    return {
        each.planned.condition.name: [score for own in each.scores.values() for score in own]
        for each in subjects
    }


def _subjects(
    plan: Plan,
    trainings: Mapping[Path, Training],
    tested: Mapping[Path, MeasuredRun],
    foreign: Mapping[str, Sequence[MeasuredRun]],
) -> list[Subject]:
    names = [*plan.experiment.methods, *plan.experiment.foreign]
    looks = method_looks(names)
    return [
        Subject(
            planned=each,
            trainings=[trainings[run.folder] for run in each.runs],
            trained=[tested[run.folder] for run in each.runs],
            foreign=foreign.get(each.condition.name, ()),
            looks=looks,
        )
        for each in plan.conditions
    ]


def _split_report(subject: Subject, place: int, output: Path) -> SplitReport:
    split = subject.splits[place]
    protocol, looks = subject.protocol, subject.looks
    scores, pairs = subject.scores[split], subject.pairs[split]
    best = best_method(scores)
    errors = subject.errors(split)
    faces = scores[0].faces
    panels = [Panel(f"{split}, {faces:,} faces", errors, 100 * protocol.auc_threshold)]
    ced = output / subject.file_name("ced", split, ".svg")
    save_svg(ced_figure(panels, subject.error_name, looks), ced)
    forest = None
    if pairs:
        drawn = output / subject.file_name("forest", split, ".svg")
        save_svg(forest_figure(pairs, best, looks), drawn)
        forest = Plot(drawn, forest_alt(pairs, best))
    runs = claiming(subject.tested)
    calibration, means = None, []
    if runs:
        curves = calibration_curves(runs, split, protocol.name)
        drawn = output / subject.file_name("calibration", split, ".svg")
        save_svg(calibration_figure(curves, protocol.name, looks), drawn)
        calibration = Plot(drawn, calibration_alt(curves))
        means = calibration_means(calibration_table(runs, protocol.name), split)
    return SplitReport(
        name=split,
        found=subject.planned.found[1 + place],
        protocol=protocol,
        verdict=" ".join(
            filter(
                None,
                (
                    winner_sentence(pairs, {score.method: score.nme for score in scores}),
                    needed_sentence(pairs, best),
                ),
            )
        ),
        scores=scores,
        pairs=pairs,
        forest=forest,
        ced=Plot(ced, ced_alt(panels)),
        calibrations=means,
        calibration=calibration,
    )


def _selection(subject: Subject) -> list[Exhibit]:
    split = subject.splits[0]
    found = [
        one for one in selections(subject.trained, subject.protocol.name) if one.split == split
    ]
    without = without_selection(subject.trained)
    if not found and without is None:
        return []
    plots = []
    if found:
        figure = selection_figure(found, subject.error_name, subject.looks)
        plots.append(Plot(figure, selection_alt(found)))
    return [selection_exhibit(found, without, plots)]


def _training_plots(subject: Subject) -> list[Plot]:
    curves = training_curves(subject.trained)
    if not curves:
        return []
    split = subject.splits[0]
    return [Plot(training_figure(curves, split, subject.looks), training_alt(curves))]


def _resolution(
    subjects: Sequence[Subject], simulated: Sequence[Sequence[ResolutionPoint]]
) -> list[ResolutionPoint]:
    """Trained points of all conditions; simulated ones of the finest maps that were trained."""
    points: list[ResolutionPoint] = []
    for name, protocol in dict.fromkeys((e.planned.facts.name, e.protocol.name) for e in subjects):
        runs = [run for e in subjects if e.planned.facts.name == name for run in e.trained]
        points += trained_points(runs, protocol)
    finest: dict[object, tuple[int, Sequence[ResolutionPoint]]] = {}
    for subject, own in zip(subjects, simulated, strict=True):
        for method in dict.fromkeys(point.method for point in own):
            rows = [point for point in own if point.method == method]
            level = subject.planned.condition.levels.get(rows[0].axis, "0")
            size = int(level) if level.isdecimal() else 0
            key = (method, tuple(sorted(rows[0].levels.items())))
            if key not in finest or size >= finest[key][0]:
                finest[key] = size, rows
    return points + [point for _, rows in finest.values() for point in rows]


def _resolution_exhibits(
    subjects: Sequence[Subject], points: Sequence[ResolutionPoint]
) -> list[Exhibit]:
    """Curves of the main split, for each axis and each combination of the other axes' levels."""
    exhibits = []
    main = {subject.splits[0] for subject in subjects}
    shown = [point for point in points if point.split in main]
    for axis in dict.fromkeys(point.axis for point in shown):
        of_axis = [point for point in shown if point.axis == axis]
        plots = []
        for levels, split in dict.fromkeys(
            (tuple(sorted(point.levels.items())), point.split) for point in of_axis
        ):
            own = [
                p for p in of_axis if (tuple(sorted(p.levels.items())), p.split) == (levels, split)
            ]
            subject = next(each for each in subjects if split in each.splits)
            figure = resolution_figure(own, subject.error_name, subject.looks)
            where = ", ".join([*(f"{name} {level}" for name, level in levels), split])
            plots.append(Plot(figure, resolution_alt(own), f"{where}."))
        exhibits.append(resolution_exhibit(of_axis, plots))
    return exhibits


def _place(point: ResolutionPoint) -> tuple[tuple[tuple[str, str], ...], str]:
    """The levels of the other axes, and the split."""
    return tuple(sorted(point.levels.items())), point.split


def _latency_exhibits(subjects: Sequence[Subject]) -> list[Exhibit]:
    exhibits = []
    for subject in subjects:
        points = latency_points(subject.scores[subject.splits[0]])
        if points:
            figure = latency_figure(points, subject.error_name, subject.looks)
            heading = subject.planned.condition.name
            exhibits.append(Exhibit(heading, (), [Plot(figure, latency_alt(points))]))
    return exhibits


def _all_results(subjects: Sequence[Subject]) -> polars.DataFrame:
    return polars.concat(results_table(each.tested, each.planned.facts) for each in subjects)
