"""Runs the notebooks from a clean state and keeps what they show.

``python notebooks/execute.py`` runs them all, ``python notebooks/execute.py NAME ...`` some of
them, such as ``first_steps``. A notebook is written anew only if nothing is wrong with it.
"""

import os
import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = tuple(sorted(Path(__file__).parent.glob("*.ipynb")))
LARGEST = 900_000
"""Bytes of a notebook: a picture too many is seen before it is committed."""

_VERSION = 4
_LONGEST = 3600
"""Seconds that a cell may take on a machine with other work to do."""

_ABSOLUTE = re.compile(
    r"(?<![\w.:/-])/(?:home|root|tmp|work|workspace|Users|usr|var|opt|mnt|private|content)/"
    r"|\b[A-Za-z]:\\"
)
"""The beginning of a path of some machine."""

_ADDRESS = re.compile(r"<[^>]* at 0x[0-9a-f]+>")
"""What Python shows of an object that has nothing to show."""


def read(path: Path) -> NotebookNode:
    """Reads a notebook.

    Args:
        path: Its file.
    """
    notebook: NotebookNode = nbformat.read(path, _VERSION)
    return notebook


def executed(path: Path, folder: Path) -> NotebookNode:
    """Runs a notebook in a kernel of its own and returns it with what it showed.

    Args:
        path: The notebook; it is not written to.
        folder: An empty folder: the kernel starts in it, and keeps temporary files, caches and
            settings there and nowhere else.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell raises.
    """
    notebook = read(path)
    client = NotebookClient(notebook, timeout=_LONGEST, kernel_name="python3", record_timing=False)
    own = {
        name: str(folder / name.lower())
        for name in ("TMPDIR", "XDG_CACHE_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "MPLCONFIGDIR")
    }
    for each in own.values():
        Path(each).mkdir()
    # No account: whoever runs this may have one.
    client.execute(cwd=str(folder), env={**os.environ, **own, "WANDB_MODE": "disabled"})
    return cleaned(notebook)


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what differs from machine to machine.

    Pieces of a stream become one, cells and notebook lose all metadata but the kernel's name.

    Args:
        notebook: The notebook, which is changed.
    """
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place + 1}"
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    return notebook


def faults(notebook: NotebookNode) -> list[str]:
    """What is wrong with an executed notebook, a sentence each; none for one to be committed.

    Cells must have run in order, without an error or a warning; what they show must name no path
    and no machine; at least one output must be a picture.

    Args:
        notebook: The notebook.
    """
    found = []
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        found.append(f"the cells did not run in order: {counts}")
    pictures = 0
    for place, cell in enumerate(cells, 1):
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"code cell {place} raised {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                found.append(f"code cell {place} warned: {output.text.strip()[:300]}")
            data = output.get("data", {})
            pictures += any(kind.startswith("image/") for kind in data)
            texts = [output.get("text", ""), *(t for kind, t in data.items() if "text" in kind)]
            for text in map(str, texts):
                if named := _ABSOLUTE.search(text):
                    around = text[max(0, named.start() - 30) : named.end() + 60]
                    found.append(f"code cell {place} shows a path: {around}")
                if named := _ADDRESS.search(text):
                    found.append(f"code cell {place} shows an object's address: {named.group()}")
                if platform.node() and re.search(rf"\b{re.escape(platform.node())}\b", text):
                    found.append(f"code cell {place} names this machine: {platform.node()}")
    if not pictures:
        found.append("no picture is shown")
    size = len(nbformat.writes(notebook, _VERSION).encode())
    if size > LARGEST:
        found.append(f"it takes {size:,} bytes, more than {LARGEST:,}")
    return found


def main(names: Sequence[str]) -> int:
    """Runs notebooks and writes those anew that nothing is wrong with.

    Args:
        names: Names of notebooks without their suffix; all if there are none.

    Returns:
        1 if something is wrong, else 0.
    """
    known = {path.stem: path for path in NOTEBOOKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"there is no notebook {unknown[0]!r}; choose from {', '.join(known)}")
        return 1
    failed = False
    for name in names or known:
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(known[name], Path(folder))
        wrong = faults(notebook)
        failed = failed or bool(wrong)
        if not wrong:
            nbformat.write(notebook, known[name], _VERSION)
        print(f"{name}: {'; '.join(wrong) or 'written'}", flush=True)
    return int(failed)


def _joined(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    joined: list[NotebookNode] = []
    for output in outputs:
        previous = joined[-1] if joined else None
        if output.output_type == "stream" and previous and previous.get("name") == output.name:
            previous.text += output.text
        else:
            joined.append(output)
        output.pop("metadata", None)
        if output.output_type in ("display_data", "execute_result"):
            output.metadata = {}  # of the format, though empty
    return joined


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
