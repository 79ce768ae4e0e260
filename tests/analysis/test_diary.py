import json

import polars
import pytest
import torch

from landmarks.analysis.diary import DIARY, EpochRow, read_diary, total_seconds
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.plan import make_plan
from landmarks.analysis.runs import finished_training, train
from tests.analysis.tiny_experiment import tiny_experiment

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers.*")
EPOCHS = 3


def planned(folder, name="tiny", **changes):
    changes.setdefault("trainer.max_epochs", EPOCHS)
    experiment = Experiment.read(tiny_experiment(folder, name, **changes))
    return make_plan(experiment, folder / f"out-{name}")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("diary")
    plan = planned(folder)
    run = plan.runs[0]
    readers = plan.readers(run.training)
    train(run, readers)
    return folder, plan, run


def test_every_epoch_has_a_line_and_every_reader_a_number(trained):
    _, plan, run = trained
    rows = read_diary(run.training / DIARY)
    assert [row.epoch for row in rows] == list(range(EPOCHS))
    metrics = polars.read_csv(run.training / "metrics.csv")["val/nme"].drop_nulls()
    assert [row.val_nme for row in rows] == pytest.approx(metrics.to_list())
    splits = [faces.split for faces in plan.conditions[0].test_sets]
    for row in rows:
        assert row.seconds > 0
        assert row.train_loss > 0
        assert list(row.test_nme) == splits
        assert all(set(own) == {"argmax", "dark"} for own in row.test_nme.values())
    assert finished_training(run).seconds == pytest.approx(total_seconds(rows))


def test_the_line_of_the_chosen_epoch_is_what_the_test_finds(trained):
    """Two ways to one number: the diary's own loop, and a test run of the chosen checkpoint."""
    from landmarks.analysis.runs import load, measure

    _, plan, run = trained
    measure(run, finished_training(run), "")
    rows = read_diary(run.training / DIARY)
    chosen = min(rows, key=lambda row: row.val_nme)
    for split, found in load(run).splits.items():
        protocol = plan.conditions[0].facts.protocols[0].name
        assert 100 * found.nme[protocol].mean() == pytest.approx(
            chosen.test_nme[split]["argmax"], rel=1e-5
        )


def test_decoding_test_faces_changes_nothing_in_the_training(trained):
    folder, _, run = trained
    alone = planned(folder, "alone").runs[0]
    assert alone.training_key == run.training_key
    train(alone, {})
    first, second = (
        torch.load(own.training / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        for own in (run, alone)
    )
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert all(row.test_nme == {} for row in read_diary(alone.training / DIARY))


def test_a_damaged_diary_counts_as_none(tmp_path):
    file = tmp_path / DIARY
    assert read_diary(file) == []
    row = EpochRow(0, 1.0, 2.0, 3.0, {"ibug": {"dark": 4.0}})
    file.write_text(json.dumps(row._asdict()) + "\n")
    assert read_diary(file) == [row]
    for damage in ("{", '{"epoch": 1}', "[]"):
        file.write_text(json.dumps(row._asdict()) + "\n" + damage)
        assert read_diary(file) == []
