"""What readers share whose splits are made of whole folders."""

from collections.abc import Sequence
from typing import final

from landmarks.benchmarks.base import FaceByFace
from landmarks.benchmarks.files.folder_splits import Folder, FolderSplits


class InFolders(FaceByFace):
    """A reader whose splits are made of whole folders.

    Attributes:
        folders: The folders of each split, and where they lie; of the class.
    """

    folders: FolderSplits

    @final
    def prepare(self, splits: Sequence[str]) -> None:
        """Makes sure that the splits are there; nothing needs to be made ready.

        Raises:
            DataError: If nothing of a split is found.
            ValueError: If there is no such split.
        """
        for split in splits:
            self.needed(split)

    @final
    def needed(self, split: str) -> list[Folder]:
        """The folders of a split that are there, at least one; see `FolderSplits.needed`."""
        return self.folders.needed(self.facts, self.root, split)


__all__ = ["InFolders"]
