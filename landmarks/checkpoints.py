"""Checkpoints that are whole at any time, and can be gone on from wherever they lie now."""

import os
from pathlib import Path
from typing import Any, final

import torch
from lightning.fabric.plugins import CheckpointIO, TorchCheckpointIO

from landmarks.files import complete_file

_PATHS = ("best_model_path", "kth_best_model_path", "last_model_path")


@final
class CompleteCheckpoints(CheckpointIO):
    """Writes a checkpoint beside its place and renames it; reads one that has been moved.

    Lightning's own writes to the system's temporary folder and moves the file from there. On
    another disk that is a copy, and whoever is killed during it leaves half a checkpoint under the
    name of a whole one.

    What a ``ModelCheckpoint`` knows of the best epoch so far it forgets when the folder is called
    otherwise than it was: a training whose folder was moved or is mounted elsewhere would take its
    next epoch for the best one. Here a checkpoint's folder is the one it is read from.
    """

    def __init__(self) -> None:
        self._read = TorchCheckpointIO()

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Any | None = None,  # noqa: ANN401 (Lightning's own)
    ) -> None:
        """Writes a checkpoint, which appears under its name when it is complete."""
        with complete_file(Path(path)) as unfinished:
            torch.save(checkpoint, unfinished)

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Any | None = lambda storage, _: storage,  # noqa: ANN401 (Lightning's own)
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Reads a checkpoint."""
        found = self._read.load_checkpoint(path, map_location, weights_only)
        folder = os.path.realpath(Path(path).parent)
        for state in found.get("callbacks", {}).values():
            if isinstance(state, dict) and "dirpath" in state:
                _move(state, folder)
        return found

    def remove_checkpoint(self, path: str | Path) -> None:
        """Removes a checkpoint, if it is there."""
        self._read.remove_checkpoint(path)


def _move(state: dict[str, Any], folder: str) -> None:
    """Makes the state of a ``ModelCheckpoint`` speak of a folder."""
    state["dirpath"] = folder
    for name in _PATHS:
        if state.get(name):
            state[name] = _in(folder, state[name])
    if "best_k_models" in state:
        state["best_k_models"] = {
            _in(folder, place): score for place, score in state["best_k_models"].items()
        }


def _in(folder: str, path: str) -> str:
    return os.path.join(folder, os.path.basename(path))
