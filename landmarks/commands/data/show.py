"""`landmarks data show`: all that is known of a benchmark, and what is there of it."""

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser

from landmarks.commands.benchmark_option import is_description, open_benchmark
from landmarks.errors import DataError, SettingsError

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from landmarks.benchmarks.base import Benchmark

_ALL = "all"


def main(arguments: Sequence[str]) -> None:
    """Prints a page for one benchmark, or for all of them.

    Raises:
        landmarks.errors.SettingsError: If there is no such benchmark, or the options do not go
            together.
        landmarks.errors.DataError: If a description of the user's own data cannot be used.
    """
    options = _parser().parse_args(list(arguments))
    own = is_description(options.name)
    if options.name == _ALL and options.root is not None:
        raise SettingsError("--root belongs to one benchmark; name it in place of 'all'")
    if options.markdown and (options.root is not None or own):
        raise SettingsError(
            "--markdown writes the project's own page and knows no files; leave it out to see "
            "what is below the root or in a description"
        )
    from landmarks.benchmarks import BENCHMARKS
    from landmarks.benchmarks.page import all_markdown, markdown, page

    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    if options.name == _ALL:
        if options.markdown:
            print(all_markdown(BENCHMARKS), end="")
        else:
            print("\n\n\n".join(page(kind.facts, None, width) for kind in BENCHMARKS.values()))
        return
    benchmark = open_benchmark(options.name, options.root)
    if options.markdown:
        print(markdown(type(benchmark)))
        return
    looked = options.root is not None or own
    print(page(benchmark.facts, _found(benchmark) if looked else None, width))


def _found(benchmark: "Benchmark") -> dict[str, str]:
    found = {}
    for split in benchmark.facts.splits:
        try:
            found[split] = benchmark.found(split)
        except DataError as error:
            found[split] = str(error)
    return found


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks data show",
        allow_abbrev=False,  # a misspelt option is an error, not a guess
        description="Shows all that is known of a benchmark: points, splits, subsets, protocols "
        "with normaliser, thresholds and integral, published results with their sources, licence, "
        "where to get it and where its files go; with --root, what is there of each split.",
    )
    parser.add_argument(
        "name",
        type=str,
        help="name of a benchmark ('landmarks data list' shows them), 'all', or the YAML file that "
        "describes your own data",
    )
    parser.add_argument(
        "--root",
        type=str,
        default=None,
        help="folder of the benchmark's files; for your own data, that of its description if left "
        "out",
    )
    parser.add_argument(
        "--markdown",
        action="store_true",
        help="as Markdown, for docs/benchmarks.md",
    )
    return parser
