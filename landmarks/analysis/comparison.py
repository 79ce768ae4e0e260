"""Methods × conditions × seeds under identical settings: trained, tested, measured and told."""

from pathlib import Path

from landmarks.analysis import runs as on_disk
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.plan import Plan, PlannedRun, make_plan
from landmarks.analysis.publish import common_weights, publish
from landmarks.analysis.runs import Training
from landmarks.analysis.scores import MethodScore, text_table


def compare(experiment: Experiment, output: Path, command: str) -> list[MethodScore]:
    """Trains and tests what is not finished yet, and writes tables, plots and the report.

    Args:
        experiment: What to compare.
        output: The folder to write to.
        command: The command as it was typed, for the report.

    Returns:
        The methods' scores under the benchmark's first protocol, condition by condition, split by
        split.

    Raises:
        landmarks.errors.SettingsError: If any method's settings cannot be used; nothing has been
            trained then.
        landmarks.errors.DataError: If a file cannot be used.
    """
    print(f"{experiment.path}: reading the settings and the faces", flush=True)
    plan = make_plan(experiment, output)
    for sentence in dict.fromkeys(found for each in plan.conditions for found in each.found):
        print(f"found {sentence}", flush=True)
    trainings = {run.folder: _run(plan, run, place) for place, run in enumerate(plan.runs, 1)}
    tested = {run.folder: on_disk.load(run) for run in plan.runs}
    scores = publish(plan, trainings, tested, output, command)
    for condition in plan.conditions:
        for faces in condition.test_sets:
            own = [
                score for score in scores[condition.condition.name] if score.split == faces.split
            ]
            where = ", ".join(filter(None, (condition.condition.name, faces.split)))
            print(f"\n{where}, {own[0].faces:,} faces, {own[0].protocol}")
            print(text_table(own))
    print(f"\n{output / 'report.html'}")
    return [score for own in scores.values() for score in own]


def _run(plan: Plan, run: PlannedRun, place: int) -> Training:
    line = f"run {place} of {len(plan.runs)}: {run.name}"
    training = on_disk.finished_training(run)
    if training is not None and on_disk.finished_run(run):
        print(f"{line}: finished earlier", flush=True)
        return training
    if training is None:
        resumed = on_disk.interrupted(run)
        print(f"{line}: {'going on with its training' if resumed else 'training'}", flush=True)
        readers = plan.readers(run.training) if plan.experiment.test_every_epoch else {}
        on_disk.train(run, readers)
        training = on_disk.finished_training(run)
        assert training is not None
    else:
        print(f"{line}: decoding the training {run.training.name}", flush=True)
    on_disk.measure(run, training, common_weights(plan.condition_of(run), training))
    return training
