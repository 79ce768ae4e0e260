"""The options ``--benchmark``, ``--root`` and ``--split`` of the tools."""

from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser

from landmarks.errors import SettingsError

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from landmarks.benchmarks.base import Benchmark, Facts

_DESCRIPTIONS = (".yaml", ".yml")


def add_benchmark_options(parser: ArgumentParser) -> None:
    """Adds ``--benchmark`` and ``--root``."""
    parser.add_argument(
        "--benchmark",
        type=str,
        required=True,
        help="name of a benchmark ('landmarks data list' shows them), or the YAML file that "
        "describes your own data (docs/benchmarks.md)",
    )
    parser.add_argument(
        "--root",
        type=str,
        default=None,
        help="folder of the benchmark's files; for your own data, that of its description if left "
        "out",
    )


def is_description(name: str) -> bool:
    """Whether ``--benchmark`` names a description of the user's own data.

    >>> is_description("300w"), is_description("cats/description.yaml")
    (False, True)
    """
    return name.lower().endswith(_DESCRIPTIONS)


def open_benchmark(name: str, root: str | None) -> "Benchmark":
    """The reader of a benchmark.

    Args:
        name: Its name, or the path of a description of the user's own data.
        root: The folder of its files.

    Raises:
        landmarks.errors.SettingsError: If there is no such benchmark.
        landmarks.errors.DataError: If a description cannot be used.
    """
    from landmarks.benchmarks import BENCHMARKS

    folder = None if root is None else Path(root)
    if is_description(name):
        from landmarks.benchmarks.custom import Custom

        return Custom(Path(name), folder)
    if name not in BENCHMARKS:
        raise SettingsError(
            f"--benchmark {name!r} is not known; choose one of {', '.join(BENCHMARKS)}, or the "
            "YAML file that describes your own data"
        )
    return BENCHMARKS[name](folder)


def chosen_split(benchmark: "Benchmark", split: str | None) -> str:
    """The split asked for, or the benchmark's first test split, or else the one to train on.

    Raises:
        landmarks.errors.SettingsError: If there is no such split.
    """
    facts = benchmark.facts
    split = split or next(iter((*facts.test_splits, *facts.splits)))
    if split not in facts.splits:
        raise SettingsError(
            f"--split {split!r}: {facts.title} has no such split; choose one of "
            f"{', '.join(facts.splits)}"
        )
    return split


def named_splits(facts: "Facts", text: str) -> list[str]:
    """The splits of ``--splits``, separated by commas, each once.

    Raises:
        landmarks.errors.SettingsError: If there is no such split.
    """
    splits = list(dict.fromkeys(name.strip() for name in text.split(",")))
    for split in splits:
        if split not in facts.splits:
            raise SettingsError(
                f"--splits {text!r}: {facts.title} has no split {split!r}; choose from "
                f"{', '.join(facts.splits)}"
            )
    return splits
