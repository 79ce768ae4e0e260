"""Methods × seeds under identical settings: trained, tested, measured and told."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from omegaconf import OmegaConf

from landmarks.analysis import runs as on_disk
from landmarks.analysis.calibration import (
    calibration_curves,
    calibration_means,
    calibration_table,
)
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.figures import (
    Panel,
    calibration_figure,
    ced_figure,
    interval_figure,
    save_svg,
)
from landmarks.analysis.identity import digest_of
from landmarks.analysis.plan import Plan, PlannedRun, make_plan
from landmarks.analysis.report import (
    Proof,
    Report,
    SplitReport,
    TrainingReport,
    write_report,
)
from landmarks.analysis.runs import Training
from landmarks.analysis.scores import (
    MeasuredRun,
    MethodScore,
    errors_by_method,
    faces_table,
    method_scores,
    results_table,
    summary_table,
    text_table,
)
from landmarks.analysis.tiles import ShownFace, chosen_faces, face_tile, faces_figure, save_jpeg
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.files import complete_file
from landmarks.metrics.protocol import protocols_table


def compare(experiment: Experiment, output: Path, command: str) -> list[MethodScore]:
    """Trains and tests what is not finished yet, and writes tables, plots and the report.

    Args:
        experiment: What to compare.
        output: The folder to write to.
        command: The command as it was typed, for the report.

    Returns:
        The methods' scores under the benchmark's first protocol, split by split.

    Raises:
        landmarks.errors.SettingsError: If any method's settings cannot be used; nothing has been
            trained then.
        landmarks.errors.DataError: If a file cannot be used.
    """
    print(f"{experiment.path}: reading the settings and the faces", flush=True)
    plan = make_plan(experiment, output)
    for sentence in dict.fromkeys(plan.found):
        print(f"found {sentence}", flush=True)
    trainings = [_run(plan, place) for place in range(len(plan.runs))]
    tested = [on_disk.load(run) for run in plan.runs]
    scores = _publish(plan, trainings, tested, output, command)
    for faces in plan.test_sets:
        own = [score for score in scores if score.split == faces.split]
        print(f"\n{faces.split}, {own[0].faces:,} faces, {own[0].protocol}")
        print(text_table(own))
    print(f"\n{output / 'report.html'}")
    return scores


def _run(plan: Plan, place: int) -> Training:
    run = plan.runs[place]
    line = f"run {place + 1} of {len(plan.runs)}: {run.method}, seed {run.seed}"
    training = on_disk.finished_training(run)
    if training is not None and on_disk.finished_run(run):
        print(f"{line}: finished earlier", flush=True)
        return training
    if training is None:
        resumed = on_disk.interrupted(run)
        print(f"{line}: {'going on with its training' if resumed else 'training'}", flush=True)
        on_disk.train(run)
        training = on_disk.finished_training(run)
        assert training is not None
    else:
        print(f"{line}: decoding the training {run.training.name}", flush=True)
    on_disk.measure(run, training, _common_weights(plan, training))
    return training


def _publish(
    plan: Plan,
    trainings: Sequence[Training],
    tested: Sequence[MeasuredRun],
    output: Path,
    command: str,
) -> list[MethodScore]:
    first = plan.facts.protocols[0]
    results = results_table(tested, plan.facts)
    with complete_file(output / "results.csv") as unfinished:
        results.write_csv(unfinished, float_precision=6)
    with complete_file(output / "protocols.csv") as unfinished:
        protocols_table(plan.facts.protocols).write_csv(unfinished)
    with complete_file(output / "faces.parquet") as unfinished:
        faces_table(tested).write_parquet(unfinished)
    calibrations = calibration_table(tested, first.name)
    with complete_file(output / "calibration.csv") as unfinished:
        calibrations.write_csv(unfinished, float_precision=6)

    errors = {
        faces.split: errors_by_method(tested, faces.split, first.name) for faces in plan.test_sets
    }
    panels = [
        Panel(f"{split}, {_count(own):,} faces", own, 100 * first.auc_threshold)
        for split, own in errors.items()
    ]
    error_name = f"NME, {first.name}"
    save_svg(ced_figure(panels, error_name), output / "ced.svg")
    scores, splits = [], []
    for faces, found in zip(plan.test_sets, plan.found[1:], strict=True):
        own = method_scores(tested, faces.split, first)
        name = faces.split.replace("/", "-")
        intervals = output / f"intervals-{name}.svg"
        save_svg(interval_figure(own, error_name), intervals)
        reliability = output / f"calibration-{name}.svg"
        curves = calibration_curves(tested, faces.split, first.name)
        save_svg(calibration_figure(curves, first.name), reliability)
        means = calibration_means(calibrations, faces.split)
        splits.append(SplitReport(faces.split, found, own, intervals, means, reliability))
        scores += own
    with complete_file(output / "summary.csv") as unfinished:
        summary_table(scores).write_csv(unfinished, float_precision=6)

    main = plan.test_sets[0]
    shown = _shown_faces(main, tested, errors[main.split], first.name)
    save_jpeg(faces_figure(shown), output / "predictions.jpg")
    report = Report(
        title=plan.experiment.name,
        command=command,
        facts=plan.facts,
        training_faces=plan.found[0],
        splits=splits,
        ced=output / "ced.svg",
        faces=shown,
        results=results,
        trainings=_training_reports(plan, trainings),
        proofs=_proofs(plan, trainings),
        settings={
            method: OmegaConf.to_yaml(OmegaConf.create({"model": changes})).strip()
            for method, changes in plan.experiment.methods.items()
        },
        shared_settings=OmegaConf.to_yaml(OmegaConf.create(plan.experiment.shared)).strip(),
        versions=on_disk.versions(),
    )
    write_report(report, output / "report.html")
    return scores


def _shown_faces(
    faces: EvaluationSet,
    tested: Sequence[MeasuredRun],
    errors: Mapping[str, Float[np.ndarray, " N"]],
    protocol: str,
) -> list[ShownFace]:
    """The best, the median and the worst face, as each method's first training sees them."""
    shown = []
    first = [run for run in tested if run.seed == tested[0].seed]
    for why, place in chosen_faces(list(errors.values())).items():
        found = {run.method: run.splits[faces.split] for run in first}
        record = faces.records[int(found[first[0].method].face[place])]
        shown.append(
            ShownFace(
                title=f"{why}: {record.photo.name}",
                tiles={
                    method: face_tile(record, own.points_photo[place])
                    for method, own in found.items()
                },
                errors={
                    method: 100 * float(own.nme[protocol][place]) for method, own in found.items()
                },
            )
        )
    return shown


def _training_reports(plan: Plan, trainings: Sequence[Training]) -> list[TrainingReport]:
    reports = {}
    for run, training in zip(plan.runs, trainings, strict=True):
        methods = [other.method for other in plan.runs if other.training == run.training]
        reports[training.folder.name] = TrainingReport(
            name=training.folder.name,
            methods=methods,
            seed=training.seed,
            epochs=training.epochs,
            minutes=training.seconds / 60,
            validation_nme=training.validation_nme,
            device=training.device,
        )
    return list(reports.values())


def _proofs(plan: Plan, trainings: Sequence[Training]) -> list[Proof]:
    proofs = []
    for seed in plan.experiment.seeds:
        own: list[tuple[PlannedRun, Training]] = [
            pair for pair in zip(plan.runs, trainings, strict=True) if pair[0].seed == seed
        ]
        digests = {
            f"initial weights, {len(plan.common_weights)} common tensors": {
                run.method: _common_weights(plan, training) for run, training in own
            },
            "order of faces and crops, epoch 1": {run.method: run.faces.draws for run, _ in own},
        }
        proofs += [Proof(what, str(seed), by_method) for what, by_method in digests.items()]
    for what, digest in (("held-out faces", "held_out"), ("test faces", "test")):
        by_run = {f"{run.method} {run.seed}": run.faces._asdict()[digest] for run in plan.runs}
        proofs.append(Proof(what, "all", by_run))
    return proofs


def _common_weights(plan: Plan, training: Training) -> str:
    """Hash of a training's initial weights in the parts that all methods' networks have."""
    return digest_of([[name, training.weights[name]] for name in plan.common_weights])


def _count(errors: Mapping[str, Float[np.ndarray, " N"]]) -> int:
    return len(next(iter(errors.values())))
