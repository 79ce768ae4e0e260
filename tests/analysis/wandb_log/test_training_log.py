import math

import pytest
import torch
from lightning import Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.demos.boring_classes import BoringModel
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities import rank_zero_only

from landmarks.analysis.wandb_log import WandbLog
from tests.analysis.wandb_log.offline_file import read_all

# Remarks of Lightning that are meant for a person at a terminal.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers.*"),
    pytest.mark.filterwarnings("ignore:The `srun` command is available"),
]

KEY = "f" * 64


class Model(BoringModel):
    def training_step(self, batch, batch_idx):
        loss = super().training_step(batch, batch_idx)["loss"]
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val/nme", super().validation_step(batch, batch_idx)["x"])


class Interruption(Callback):
    def __init__(self, epoch, batch):
        self.place = epoch, batch

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if (trainer.current_epoch, batch_idx) == self.place:
            raise RuntimeError("interrupted")


@pytest.fixture
def log(tmp_path):
    log = WandbLog(tmp_path / "out", "demo", offline=True)
    yield log
    log.close()


def train(log, folder, key=KEY, callbacks=(), ckpt_path=None):
    torch.manual_seed(0)
    trainer = Trainer(
        default_root_dir=folder,
        max_epochs=3,
        limit_train_batches=4,
        limit_val_batches=1,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,
        callbacks=list(callbacks),
    )
    trainer.loggers = [CSVLogger(folder, name="", version="")]
    settings = {"model": {"lr": 0.1}, "path": folder}
    trainer.loggers = [*trainer.loggers, *log.loggers("dark-0a1b", key, ["dark", "hih"], settings)]
    trainer.fit(Model(), ckpt_path=ckpt_path)
    return trainer


def written(log, output):
    """What lies there; W&B writes in the background until it is closed."""
    log.close()
    return read_all(output)


def values(history, name):
    return {entry["trainer/global_step"]: entry[name] for entry in history if name in entry}


def test_a_training_is_a_run_of_its_own_with_all_it_logs(log, tmp_path):
    train(log, tmp_path / "training")
    (run,) = written(log, tmp_path / "out")
    assert (run.project, run.name, run.kind) == ("landmarks", "dark-0a1b", "training")
    assert run.group.startswith("demo-")
    assert run.tags == ["dark", "hih"]
    assert run.config["model"] == {"lr": 0.1}
    assert run.config["path"] == str(tmp_path / "training")
    assert run.exit_code == 0
    assert list(values(run.history, "train/loss")) == list(range(12))
    assert list(values(run.history, "val/nme")) == [3, 7, 11]
    assert (tmp_path / "training" / "metrics.csv").exists()
    # All of it lies below the output folder, and nothing in the home folder.
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"wandb"}


def test_nothing_is_written_to_the_home_folder(log, tmp_path, monkeypatch):
    home = tmp_path / "empty"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    train(log, tmp_path / "training")
    log.close()
    assert not list(home.rglob("*"))


def test_trainings_of_one_comparison_share_a_group_and_nothing_else(log, tmp_path):
    train(log, tmp_path / "training")
    other = WandbLog(tmp_path / "out", "demo", offline=True)
    train(other, tmp_path / "other", key="e" * 64)
    elsewhere = WandbLog(tmp_path / "again", "demo", offline=True)
    train(elsewhere, tmp_path / "third")
    runs = written(other, tmp_path / "out")
    (afresh,) = written(elsewhere, tmp_path / "again")
    assert len({run.group for run in runs}) == 1
    assert len({run.number for run in runs}) == 2
    assert afresh.group != runs[0].group
    assert afresh.number not in {run.number for run in runs}


def test_an_interrupted_training_goes_on_as_the_same_run_with_its_whole_history(log, tmp_path):
    train(log, tmp_path / "whole", key="e" * 64)
    (whole,) = written(log, tmp_path / "out")
    folder = tmp_path / "cut"
    # The third epoch has logged two steps, which are trained again.
    with pytest.raises(RuntimeError, match="interrupted"):
        train(log, folder, callbacks=[Interruption(2, 2)])
    checkpoint = next(folder.rglob("*.ckpt"))
    again = WandbLog(tmp_path / "out", "demo", offline=True)
    train(again, folder, ckpt_path=checkpoint)
    _, first, second = written(again, tmp_path / "out")
    assert first.number == second.number != whole.number
    assert (first.exit_code, second.exit_code) == (1, 0)
    assert list(values(first.history, "train/loss")) == list(range(10))
    for name in ("train/loss", "val/nme", "epoch"):
        assert values(second.history, name) == pytest.approx(values(whole.history, name))
    assert len(second.history) == len(whole.history)


def test_a_history_that_was_cut_off_is_taken_as_far_as_it_goes(log, tmp_path):
    logger, again = (log.loggers("t", KEY, [], {})[0] for _ in range(2))
    for step in range(3):
        logger.log_metrics({"train/loss": math.nan if step == 1 else float(step)}, step)
    logger.finalize("failed")
    (history,) = (tmp_path / "out" / "wandb").glob("history-*.jsonl")
    text = history.read_text()
    history.write_text(text[: text.rindex("metrics")])
    again.log_metrics({"train/loss": 3.0}, 3)
    again.finalize("success")
    found = values(written(log, tmp_path / "out")[-1].history, "train/loss")
    assert list(found) == [0, 1, 3]
    assert (found[0], found[3]) == (0, 3)
    assert len(history.read_text().splitlines()) == 3


def test_a_failure_is_one_warning_and_the_training_goes_on(log, tmp_path, monkeypatch):
    import wandb

    tried = []

    def refuse(**settings):
        tried.append(settings["id"])
        raise wandb.errors.CommError("no route\nto host")

    monkeypatch.setattr(wandb, "init", refuse)
    with pytest.warns(UserWarning, match=r"no route to host.*goes on without it.*--wandb offline"):
        trainer = train(log, tmp_path / "training")
    assert trainer.current_epoch == 3
    assert len(tried) == 1
    train(log, tmp_path / "next", key="e" * 64)
    assert len(tried) == 1
    log.close()


def test_a_failure_in_the_middle_is_one_warning_too(log, tmp_path, monkeypatch):
    import wandb

    class Broken(Callback):
        def on_train_epoch_start(self, trainer, pl_module):
            if trainer.current_epoch == 1:
                monkeypatch.setattr(wandb.Run, "log", fail)

    def fail(*_, **__):
        raise OSError("No space left on device")

    with pytest.warns(UserWarning, match="No space left on device"):
        trainer = train(log, tmp_path / "training", callbacks=[Broken()])
    assert trainer.current_epoch == 3


def test_a_run_of_the_users_own_is_left_alone(log, tmp_path):
    import wandb

    with wandb.init(mode="offline", dir=str(tmp_path), settings={"silent": True}) as own:
        train(log, tmp_path / "training")
        log.close()
        assert wandb.run is own
        own.log({"mine": 1.0})
    wandb.teardown()
    (run,) = read_all(tmp_path)
    assert [entry["mine"] for entry in run.history] == [1.0]


def test_only_the_first_device_logs(log, tmp_path, monkeypatch):
    (logger,) = log.loggers("t", KEY, [], {})
    monkeypatch.setattr(rank_zero_only, "rank", 1)
    logger.log_metrics({"train/loss": 1.0}, 0)
    logger.finalize("success")
    log.finished({}, [], [])
    assert not (tmp_path / "out").exists()


def test_nothing_is_started_where_nothing_is_logged(log, tmp_path):
    (logger,) = log.loggers("t", KEY, [], {})
    logger.log_hyperparams({"a": 1})
    logger.finalize("success")
    logger.log_metrics({"train/loss": 1.0}, 0)  # after its end
    assert not (tmp_path / "out").exists()
    assert (logger.name, logger.version) == ("t", KEY[:16])
