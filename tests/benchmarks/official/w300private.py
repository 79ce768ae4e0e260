"""Writes the 600 test faces of 300W, fewer of them, below ``300W/`` as distributed."""

from pathlib import Path

from landmarks.benchmarks.files.folders import natural
from tests.benchmarks.official.truth import Face, Truth
from tests.benchmarks.official.w300 import SIZE, write_300w

FOLDERS = ("01_Indoor", "02_Outdoor")


def write_300w_private_tree(root: Path) -> Truth:
    """A tree of three faces a folder."""
    points = write_300w(root, faces_per_folder=3, folders=FOLDERS)
    faces = {
        folder: [
            Face(points[name], size=SIZE)
            for name in sorted(points, key=natural)
            if name.startswith(f"{folder}/")
        ]
        for folder in FOLDERS
    }
    return {"test": [face for folder in FOLDERS for face in faces[folder]], **faces}
