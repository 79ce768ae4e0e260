"""What the documentation tells a reader to write and to run does what it says."""

import re
from pathlib import Path

import pytest
import torch

from landmarks.cli import main
from landmarks.codecs.methods import METHODS

DOCS = Path(__file__).parents[1]


def python_blocks(page):
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


@pytest.mark.slow
def test_the_example_codec_keeps_the_whole_contract(tmp_path, monkeypatch, capsys):
    (example,) = python_blocks("docs/codecs.md")
    body = example[example.index("class ") :]
    assert len([line for line in body.splitlines() if line.strip()]) <= 30
    (tmp_path / "my_codecs.py").write_text(example, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["check-codec", "my_codecs.LogParabola", "--heatmap_size", "64"]) == 0
    assert "0 failed" in capsys.readouterr().out


def test_readmes_python_runs():
    (example,) = python_blocks("README.md")
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    assert torch.linalg.vector_norm(names["found"].points - names["points"], dim=-1).mean() < 0.01


@pytest.mark.parametrize("page", ["README.md", "docs/codecs.md"])
def test_every_method_has_its_row(page):
    text = (DOCS / page).read_text("utf-8")
    assert [name for name in METHODS if f"| `{name}` |" not in text] == []
