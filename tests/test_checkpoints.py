import os

import pytest
import torch

from landmarks import checkpoints
from landmarks.checkpoints import CompleteCheckpoints


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "checkpoints" / "last.ckpt"
    CompleteCheckpoints().save_checkpoint({"state_dict": {"a": torch.arange(3)}, "epoch": 2}, path)
    found = CompleteCheckpoints().load_checkpoint(path, weights_only=True)
    assert found["state_dict"]["a"].tolist() == [0, 1, 2]
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]
    CompleteCheckpoints().remove_checkpoint(path)
    assert not path.exists()


def test_a_writer_that_is_stopped_leaves_the_older_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "last.ckpt"
    CompleteCheckpoints().save_checkpoint({"epoch": 1}, path)

    def half(checkpoint, file):
        file.write_bytes(b"PK")
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints.torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        CompleteCheckpoints().save_checkpoint({"epoch": 2}, path)
    assert CompleteCheckpoints().load_checkpoint(path)["epoch"] == 1


def test_a_moved_checkpoint_speaks_of_the_folder_that_it_lies_in(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    best = str(old / "best.ckpt")
    state = {
        "dirpath": str(old),
        "best_model_path": best,
        "best_model_score": torch.tensor(4.5),
        "kth_best_model_path": best,
        "last_model_path": "",
        "best_k_models": {best: torch.tensor(4.5)},
    }
    callbacks = {"ModelCheckpoint{}": state, "Other": {"seen": 3}}
    CompleteCheckpoints().save_checkpoint({"callbacks": callbacks}, old / "last.ckpt")
    os.rename(old, new)
    found = CompleteCheckpoints().load_checkpoint(new / "last.ckpt")["callbacks"]
    assert found["Other"] == {"seen": 3}
    moved = found["ModelCheckpoint{}"]
    assert moved["dirpath"] == str(new)
    assert moved["best_model_path"] == moved["kth_best_model_path"] == str(new / "best.ckpt")
    assert moved["last_model_path"] == ""
    assert moved["best_k_models"] == {str(new / "best.ckpt"): torch.tensor(4.5)}
