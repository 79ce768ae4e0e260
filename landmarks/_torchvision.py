"""Lets a CUDA build of torchvision be imported beside a CPU build of torch.

Package indexes serve torchvision as a CUDA build only. Beside a CPU torch its extension library
cannot be loaded, its operators are then unknown, and ``import torchvision`` fails, which takes
timm, torchmetrics and lightning with it, although none of them calls these operators here.
Declaring the two operators that torchvision refers to on import is enough. An install whose
extension loads is left untouched.
"""

import importlib.machinery
import sys
from collections.abc import Iterable
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


class _RepairTorchvision(MetaPathFinder):
    """Waits for the first import of torchvision, so that nothing is loaded before it is needed."""

    def find_spec(
        self, fullname: str, path: Iterable[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Declares the operators when torchvision is asked for; never finds a module itself."""
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            spec = importlib.machinery.PathFinder.find_spec(fullname)
            if spec is not None and spec.origin is not None:
                _declare_missing_operators(Path(spec.origin).parent)
        return None


def repair_on_import() -> None:
    """Prepares the process for a later ``import torchvision``; cheap, and safe to call twice."""
    waiting = any(isinstance(finder, _RepairTorchvision) for finder in sys.meta_path)
    if "torchvision" not in sys.modules and not waiting:
        sys.meta_path.insert(0, _RepairTorchvision())


def _declare_missing_operators(package: Path) -> None:
    import torch

    for library in (*package.glob("_C*.so"), *package.glob("_C*.pyd")):
        try:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
        except (OSError, RuntimeError):
            continue
        return
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", _SCHEMA)
