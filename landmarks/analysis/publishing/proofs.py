"""What was kept the same for all methods, and what the trainings were."""

from collections.abc import Sequence

from landmarks.analysis.plan import PlannedCondition, PlannedRun
from landmarks.analysis.publishing.subject import Subject
from landmarks.analysis.report.content import Proof, TrainingReport
from landmarks.analysis.runs import Training


def proofs(condition: PlannedCondition, trainings: Sequence[Training]) -> list[Proof]:
    """Hashes of initial weights, crops and faces, for each method.

    Args:
        condition: The condition.
        trainings: Of its runs, in their order.
    """
    name = condition.condition.name
    found = []
    for seed in dict.fromkeys(run.seed for run in condition.runs):
        own: list[tuple[PlannedRun, Training]] = [
            pair for pair in zip(condition.runs, trainings, strict=True) if pair[0].seed == seed
        ]
        digests = {
            f"initial weights, {len(condition.common_weights)} common tensors": {
                run.method: training.weights_digest(condition.common_weights)
                for run, training in own
            },
            "order of faces and crops, epoch 1": {run.method: run.faces.draws for run, _ in own},
        }
        found += [Proof(what, str(seed), by_method, name) for what, by_method in digests.items()]
    for what, digest in (("held-out faces", "held_out"), ("test faces", "test")):
        by_run = {f"{run.method} {run.seed}": run.faces._asdict()[digest] for run in condition.runs}
        found.append(Proof(what, "all", by_run, name))
    return found


def training_reports(subjects: Sequence[Subject]) -> list[TrainingReport]:
    """Every training once, with all methods that read it."""
    reports: dict[str, TrainingReport] = {}
    for subject in subjects:
        condition = subject.planned.condition.name
        for run, training in zip(subject.planned.runs, subject.trainings, strict=True):
            name = training.folder.name
            known = reports.get(name)
            methods = list(known.methods) if known else []
            where = [known.condition] if known else []
            reports[name] = TrainingReport(
                name=name,
                methods=list(dict.fromkeys([*methods, run.method])),
                seed=training.seed,
                epochs=training.epochs,
                minutes=training.seconds / 60,
                validation_nme=training.validation_nme,
                device=training.device,
                condition="; ".join(dict.fromkeys(filter(None, [*where, condition]))),
                processors=training.devices,
                on_gpu=training.device != "cpu",
            )
    return list(reports.values())
