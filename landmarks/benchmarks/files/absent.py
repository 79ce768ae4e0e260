"""What a reader says when what it is asked for is not there."""

from collections.abc import Sequence
from pathlib import Path

from landmarks.benchmarks.base import Facts, Split
from landmarks.benchmarks.files.folders import contents
from landmarks.errors import AbsentError, SettingsError


def known_split(facts: Facts, split: str) -> Split:
    """The facts of a split.

    Raises:
        SettingsError: If there is no such split; the message lists those there are.
    """
    if split not in facts.splits:
        raise SettingsError(
            f"{facts.title} has no split {split!r}; choose from {', '.join(facts.splits)}"
        )
    return facts.splits[split]


def needed_root(facts: Facts, root: Path | None) -> Path:
    """The root, which a benchmark of files cannot do without.

    Raises:
        AbsentError: If there is none; the message says where the files can be had.
    """
    if root is None:
        raise AbsentError(
            f"{facts.title} needs the folder that its files lie in: pass --root DIR (to fit, "
            "validate and test: --data.root DIR; for a benchmark to train on, as root of its "
            f"settings). It can be had from {facts.source}; expected "
            f"below DIR:\n{facts.layout}"
        )
    return root


def no_files(facts: Facts, root: Path, split: str, places: Sequence[Path]) -> AbsentError:
    """The error for a split of which nothing is there.

    Args:
        facts: The benchmark's.
        root: The folder that was looked in.
        split: The split.
        places: The files and folders that were looked for; any would have done.
    """
    looked = ", ".join(str(place) for place in places)
    return AbsentError(
        f"no {facts.splits[split].description} ({split!r}): none of these is there: {looked}. The "
        f"root holds {contents(root)}. Pass the right folder (--root or --data.root), choose "
        f"another split, or get the files from {facts.source}; expected below the root:\n"
        f"{facts.layout}",
        file=root,
    )


__all__ = ["known_split", "needed_root", "no_files"]
