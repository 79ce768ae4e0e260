"""`landmarks data list`: the benchmarks, with their points, splits and protocols."""

import shutil
from collections.abc import Sequence

from jsonargparse import ArgumentParser


def main(arguments: Sequence[str]) -> None:
    """Prints a table of all benchmarks."""
    _parser().parse_args(list(arguments))
    from landmarks.benchmarks import BENCHMARKS
    from landmarks.benchmarks.page import overview

    print(overview(BENCHMARKS, min(shutil.get_terminal_size((100, 24)).columns, 100)))
    print(
        "\n'landmarks data show NAME' tells all of one. A YAML file that describes your own data "
        "stands wherever a name does (docs/benchmarks.md)"
    )


def _parser() -> ArgumentParser:
    return ArgumentParser(
        prog="landmarks data list",
        allow_abbrev=False,  # a misspelt option is an error, not a guess
        description="Lists the benchmarks: points, splits with their published counts, the usual "
        "protocol, and whether there are faces to train on.",
    )
