import subprocess
import sys

import pytest

from landmarks import _torchvision

BROKEN = """
import sys, types
from pathlib import Path
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
import landmarks
import torchvision
"""


def run(folder, init, library):
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(init)
    if library is not None:
        (package / "_C.so").write_bytes(library)
    return subprocess.run(
        [sys.executable, "-c", BROKEN, str(folder)], check=False, capture_output=True, text=True
    )


def test_a_torchvision_whose_library_cannot_be_loaded_is_imported(tmp_path):
    init = (
        "import torch\n"
        "@torch.library.register_fake('torchvision::nms')\n"
        "def meta_nms(dets, scores, iou_threshold): ...\n"
    )
    assert run(tmp_path, init, b"not a library").returncode == 0


def test_an_install_that_loads_is_left_untouched(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "_C.so").write_bytes(b"")
    loaded, defined = [], []
    monkeypatch.setattr(torch.ops, "load_library", loaded.append)
    monkeypatch.setattr(torch.library, "define", lambda *words: defined.append(words))
    _torchvision._declare_missing_operators(package)
    assert loaded == [str(package / "_C.so")]
    assert not defined


def test_waiting_twice_is_waiting_once(monkeypatch):
    monkeypatch.delitem(sys.modules, "torchvision", raising=False)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    _torchvision.repair_on_import()
    _torchvision.repair_on_import()
    waiting = [f for f in sys.meta_path if isinstance(f, _torchvision._RepairTorchvision)]
    assert len(waiting) == 1
