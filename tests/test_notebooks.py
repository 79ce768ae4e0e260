import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook, new_output

from notebooks.execute import NOTEBOOKS, cleaned, executed, faults, main, read

PICTURE = new_output("display_data", data={"image/png": "aGVsbG8="})
WRITTEN = "%%writefile "


def made(*outputs, source="1", count=1):
    """A notebook of one code cell that shows a picture, and something else."""
    cell = new_code_cell(source, outputs=[PICTURE, *outputs], execution_count=count)
    return cleaned(new_notebook(cells=[cell]))


def by_name(path):
    return path.stem


def test_the_notebooks_are_those_that_the_documentation_names():
    assert [path.stem for path in NOTEBOOKS] == [
        "error_decomposition",
        "first_steps",
        "reading_a_comparison",
        "writing_a_codec",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_notebook_runs_from_a_clean_state(path, tmp_path):
    before = path.read_bytes()
    assert faults(executed(path, tmp_path)) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_what_is_committed_is_whole_and_names_no_machine(path):
    notebook = read(path)
    assert faults(notebook) == []
    assert cleaned(deepcopy(notebook)) == notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_links_between_notebooks_and_to_the_documentation_lead_somewhere(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    links = [part.split(")")[0] for part in text.split("](")[1:]]
    assert links
    for link in links:
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_a_module_that_a_notebook_writes_passes_ruff(path):
    for cell in read(path).cells:
        head, _, module = cell.source.partition("\n")
        if head.startswith(WRITTEN) and head.endswith(".py"):
            for command in (["check", "--ignore", "D,ANN"], ["format", "--check"]):
                done = subprocess.run(
                    [sys.executable, "-m", "ruff", *command, "--stdin-filename", "own.py", "-"],
                    input=f"{module}\n",
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_wrong_with_a_plain_notebook():
    assert faults(made(new_output("stream", name="stdout", text="runs/report.html\n"))) == []


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (new_output("stream", name="stderr", text="UserWarning: …"), "code cell 1 warned"),
        (new_output("error", ename="ValueError", evalue="no"), "raised ValueError: no"),
        (new_output("stream", name="stdout", text="in /home/you/runs"), "shows a path"),
        (new_output("stream", name="stdout", text="wrote C:\\runs\\a.csv"), "shows a path"),
        (
            new_output("execute_result", data={"text/html": "<td>/tmp/x/report.html</td>"}),
            "shows a path",
        ),
        (
            new_output("execute_result", data={"text/plain": "<Legend at 0x7f20f421ba90>"}),
            "shows an object's address",
        ),
        (new_output("display_data", data={"image/png": "x" * 1_000_000}), "bytes, more than"),
    ],
)
def test_what_must_not_be_shown_is_found(output, said):
    (fault,) = faults(made(output))
    assert said in fault


def test_a_machine_that_is_named_is_found(monkeypatch):
    monkeypatch.setattr("notebooks.execute.platform.node", lambda: "cluster-7")
    (fault,) = faults(made(new_output("stream", name="stdout", text="on cluster-7.")))
    assert "cluster-7" in fault


@pytest.mark.parametrize("count", [None, 2])
def test_cells_that_did_not_run_in_order_are_found(count):
    (fault,) = faults(made(count=count))
    assert "did not run in order" in fault


def test_a_notebook_without_a_picture_is_found():
    notebook = made()
    notebook.cells[0].outputs = []
    assert faults(notebook) == ["no picture is shown"]


def test_pieces_of_a_stream_become_one_and_metadata_goes():
    pieces = [new_output("stream", name="stdout", text=text) for text in ("a\n", "b\n")]
    cell = new_code_cell("1", outputs=pieces, metadata={"execution": {"iopub.status": "12:00"}})
    notebook = cleaned(
        new_notebook(cells=[cell], metadata={"language_info": {"name": "python", "version": "3.1"}})
    )
    (joined,) = notebook.cells[0].outputs
    assert joined.text == "a\nb\n"
    assert notebook.cells[0].metadata == {}
    assert notebook.metadata.language_info == {"name": "python"}


@pytest.fixture
def own_notebook(tmp_path, monkeypatch):
    """Writes a notebook of given code, which then is the only one there is."""

    def write(code: str) -> Path:
        path = tmp_path / "own.ipynb"
        nbformat.write(cleaned(new_notebook(cells=[new_code_cell(code)])), path, 4)
        monkeypatch.setattr("notebooks.execute.NOTEBOOKS", (path,))
        return path

    return write


def test_what_a_cell_sees_is_its_own_folder_and_no_account(own_notebook, tmp_path):
    path = own_notebook(
        "import os, tempfile\n"
        "print(os.getcwd() in tempfile.gettempdir(), os.environ['WANDB_MODE'])\n"
        "print(os.environ['XDG_CACHE_HOME'].startswith(os.getcwd()))"
    )
    folder = tmp_path / "clean"
    folder.mkdir()
    (output,) = executed(path, folder).cells[0].outputs
    assert output.text == "True disabled\nTrue\n"


def test_a_notebook_is_written_anew_only_if_nothing_is_wrong(own_notebook, capsys):
    path = own_notebook("import matplotlib.pyplot as plt\nplt.plot([1]);")
    assert main(["own"]) == 0
    assert "image/png" in read(path).cells[0].outputs[0].data
    assert capsys.readouterr().out == "own: written\n"

    path = own_notebook("print('no picture')")
    before = path.read_bytes()
    assert main([]) == 1
    assert path.read_bytes() == before
    assert capsys.readouterr().out == "own: no picture is shown\n"


def test_a_cell_that_raises_ends_the_run(own_notebook, tmp_path):
    folder = tmp_path / "clean"
    folder.mkdir()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        executed(own_notebook("1 / 0"), folder)


def test_an_unknown_name_is_told(capsys):
    assert main(["no_such"]) == 1
    assert "no notebook 'no_such'" in capsys.readouterr().out
