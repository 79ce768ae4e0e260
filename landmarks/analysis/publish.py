"""What a comparison writes when its runs are done: tables, plots and the report."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars
from jaxtyping import Float
from omegaconf import OmegaConf

from landmarks.analysis import runs as on_disk
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
from landmarks.analysis.measured import MeasuredRun
from landmarks.analysis.plan import Plan, PlannedCondition, PlannedRun
from landmarks.analysis.report import (
    Proof,
    Report,
    SplitReport,
    TrainingReport,
    write_report,
)
from landmarks.analysis.report.content import MissingRun
from landmarks.analysis.runs import Training
from landmarks.analysis.scores import (
    MethodScore,
    errors_by_method,
    faces_table,
    method_pairs,
    method_scores,
    pairs_table,
    results_table,
    summary_table,
)
from landmarks.analysis.tiles import ShownFace, chosen_faces, face_tile, faces_figure, save_jpeg
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.files import complete_file
from landmarks.metrics.protocol import protocols_table


def publish(
    plan: Plan,
    trainings: Mapping[Path, Training],
    tested: Mapping[Path, MeasuredRun],
    output: Path,
    command: str,
    missing: Sequence[MissingRun] = (),
) -> dict[str, list[MethodScore]]:
    """Writes the tables, the plots and the report of finished runs.

    Args:
        plan: What was compared.
        trainings: Each run's training, by the run's folder.
        tested: Each run, tested, by its folder.
        output: The folder to write to.
        command: The command as it was typed, for the report.
        missing: The runs that the report is without.

    Returns:
        The methods' scores under the benchmark's first protocol, by the condition's name, split by
        split.
    """
    _write_tables(plan, tested, output)
    scores: dict[str, list[MethodScore]] = {}
    summaries, pair_tables = [], []
    for condition in plan.conditions:
        own = [tested[run.folder] for run in condition.runs]
        first = condition.facts.protocols[0]
        levels = condition.condition.levels
        found = scores.setdefault(condition.condition.name, [])
        for faces in condition.test_sets:
            pairs = method_pairs(own, faces.split, first)
            found += method_scores(own, faces.split, first, pairs)
            pair_tables.append(pairs_table(pairs, faces.split, first.name, levels))
        summaries.append(summary_table(found, levels))
    with complete_file(output / "summary.csv") as unfinished:
        polars.concat(summaries).write_csv(unfinished, float_precision=6)
    with complete_file(output / "pairs.csv") as unfinished:
        polars.concat(pair_tables).write_csv(unfinished, float_precision=6)
    condition = plan.conditions[0]
    _former_report(
        condition,
        [trainings[run.folder] for run in condition.runs],
        [tested[run.folder] for run in condition.runs],
        plan,
        scores[condition.condition.name],
        output,
        command,
    )
    return scores


def _write_tables(plan: Plan, tested: Mapping[Path, MeasuredRun], output: Path) -> None:
    """Writes every score and every face of all conditions."""
    runs = {
        condition.condition.name: [tested[run.folder] for run in condition.runs]
        for condition in plan.conditions
    }
    results = [results_table(runs[each.condition.name], each.facts) for each in plan.conditions]
    with complete_file(output / "results.csv") as unfinished:
        polars.concat(results).write_csv(unfinished, float_precision=6)
    protocols = [protocols_table(each.facts.protocols) for each in plan.conditions]
    with complete_file(output / "protocols.csv") as unfinished:
        polars.concat(protocols).unique(maintain_order=True).write_csv(unfinished)
    # Benchmarks have protocols of their own, each a column.
    faces = polars.concat([faces_table(own) for own in runs.values()], how="diagonal")
    with complete_file(output / "faces.parquet") as unfinished:
        faces.write_parquet(unfinished)
    calibrations = [
        calibration_table(runs[each.condition.name], each.facts.protocols[0].name)
        for each in plan.conditions
    ]
    with complete_file(output / "calibration.csv") as unfinished:
        polars.concat(calibrations).write_csv(unfinished, float_precision=6)


def _former_report(
    condition: PlannedCondition,
    trainings: Sequence[Training],
    tested: Sequence[MeasuredRun],
    plan: Plan,
    scores: Sequence[MethodScore],
    output: Path,
    command: str,
) -> None:
    first = condition.facts.protocols[0]
    results = results_table(tested, condition.facts)
    calibrations = calibration_table(tested, first.name)
    errors = {
        faces.split: {
            method: values.mean(axis=0)
            for method, values in errors_by_method(tested, faces.split, first.name).items()
        }
        for faces in condition.test_sets
    }
    panels = [
        Panel(f"{split}, {len(next(iter(own.values()))):,} faces", own, 100 * first.auc_threshold)
        for split, own in errors.items()
    ]
    error_name = f"NME, {first.name}"
    save_svg(ced_figure(panels, error_name), output / "ced.svg")
    splits = []
    for faces, found in zip(condition.test_sets, condition.found[1:], strict=True):
        own = [score for score in scores if score.split == faces.split]
        name = faces.split.replace("/", "-")
        intervals = output / f"intervals-{name}.svg"
        save_svg(interval_figure(own, error_name), intervals)
        reliability = output / f"calibration-{name}.svg"
        curves = calibration_curves(tested, faces.split, first.name)
        save_svg(calibration_figure(curves, first.name), reliability)
        means = calibration_means(calibrations, faces.split)
        splits.append(SplitReport(faces.split, found, own, intervals, means, reliability))
    main = condition.test_sets[0]
    shown = _shown_faces(main, tested, errors[main.split], first.name)
    save_jpeg(faces_figure(shown), output / "predictions.jpg")
    report = Report(
        title=plan.experiment.name,
        command=command,
        facts=condition.facts,
        training_faces=condition.found[0],
        splits=splits,
        ced=output / "ced.svg",
        faces=shown,
        results=results,
        trainings=_training_reports(condition, trainings),
        proofs=_proofs(condition, trainings),
        settings={
            method: OmegaConf.to_yaml(OmegaConf.create({"model": changes})).strip()
            for method, changes in plan.experiment.methods.items()
        },
        shared_settings=OmegaConf.to_yaml(OmegaConf.create(plan.experiment.shared)).strip(),
        versions=on_disk.versions(),
    )
    write_report(report, output / "report.html")


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


def _training_reports(
    condition: PlannedCondition, trainings: Sequence[Training]
) -> list[TrainingReport]:
    reports = {}
    for run, training in zip(condition.runs, trainings, strict=True):
        methods = [other.method for other in condition.runs if other.training == run.training]
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


def _proofs(condition: PlannedCondition, trainings: Sequence[Training]) -> list[Proof]:
    proofs = []
    for seed in dict.fromkeys(run.seed for run in condition.runs):
        own: list[tuple[PlannedRun, Training]] = [
            pair for pair in zip(condition.runs, trainings, strict=True) if pair[0].seed == seed
        ]
        digests = {
            f"initial weights, {len(condition.common_weights)} common tensors": {
                run.method: common_weights(condition, training) for run, training in own
            },
            "order of faces and crops, epoch 1": {run.method: run.faces.draws for run, _ in own},
        }
        proofs += [Proof(what, str(seed), by_method) for what, by_method in digests.items()]
    for what, digest in (("held-out faces", "held_out"), ("test faces", "test")):
        by_run = {f"{run.method} {run.seed}": run.faces._asdict()[digest] for run in condition.runs}
        proofs.append(Proof(what, "all", by_run))
    return proofs


def common_weights(condition: PlannedCondition, training: Training) -> str:
    """Hash of a training's initial weights in the parts that all methods' networks have."""
    return training.weights_digest(condition.common_weights)
