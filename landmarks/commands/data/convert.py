"""`landmarks data convert`: a benchmark as COCO keypoints, .pts, .txt or .csv."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser

from landmarks.commands.benchmark_option import add_benchmark_options, named_splits, open_benchmark
from landmarks.errors import SettingsError

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from landmarks.benchmarks.base import Benchmark

_FORMATS = ("coco", "csv", "pts", "txt")


def main(arguments: Sequence[str]) -> None:
    """Writes annotation files and ``description.yaml``, which reads them again.

    Raises:
        landmarks.errors.SettingsError: If an option cannot be used; the message names it.
        landmarks.errors.DataError: If a file of the benchmark cannot be used, or the format cannot
            hold a face.
    """
    options = _parser().parse_args(list(arguments))
    output = Path(options.output)
    if output.exists() and not output.is_dir():
        raise SettingsError(f"--output {output} is a file; name a folder, new or existing")
    if options.format not in _FORMATS:
        raise SettingsError(
            f"--format {options.format!r} is not known; choose one of {', '.join(_FORMATS)}"
        )
    from landmarks.benchmarks.conversion import FORMATS, convert

    benchmark = open_benchmark(options.benchmark, options.root)
    splits = _splits(benchmark, options.splits)
    found = convert(benchmark, splits, output, FORMATS[options.format])
    for split, count in found.faces.items():
        print(f"{split}: {count:,} faces; found {benchmark.found(split)}")
    for loss in found.losses:
        print(f"not kept: {loss}")
    if found.pictures:
        print(
            f"wrote {found.pictures:,} pictures as PNG, for those of {benchmark.facts.title} are "
            "no picture files"
        )
    again = ["landmarks", "data", "show", str(found.description)]
    if benchmark.root is not None:  # the pictures stay there
        again += ["--root", str(benchmark.root)]
    print(f"wrote {found.description}; to look at it: {shlex.join(again)}")


def _splits(benchmark: "Benchmark", names: str | None) -> list[str]:
    """The splits asked for; without a choice, all of which something is there."""
    from landmarks.errors import DataError

    facts = benchmark.facts
    if names is not None:
        return named_splits(facts, names)
    there = []
    problem: DataError | None = None
    for split in facts.splits:
        try:
            benchmark.prepare([split])
        except DataError as error:
            problem = problem or error
            print(f"left out {split}: found {benchmark.found(split)}")
        else:
            there.append(split)
    if not there:
        assert problem is not None
        raise problem
    return there


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks data convert",
        allow_abbrev=False,  # a misspelt option is an error, not a guess
        description="Writes splits of a benchmark as annotation files of one format, with a "
        "description.yaml by which they can be read again: --benchmark FOLDER/description.yaml "
        "--root DIR. Pictures stay where they are; where a benchmark keeps them in other files, "
        "they are written as PNG. COCO and CSV keep every digit of points and boxes, missing "
        "points, occlusion, subsets, names and the order; .pts and .txt hold points alone, and "
        "what is not kept is said.",
    )
    add_benchmark_options(parser)
    parser.add_argument(
        "--splits",
        type=str,
        default=None,
        help="names of the splits, separated by commas; without it, all that are there",
    )
    parser.add_argument(
        "--format",
        type=str,
        default="coco",
        help="coco (one JSON file a split), csv (a line a face), pts or txt (a file a picture)",
    )
    parser.add_argument(
        "--output",
        type=str,
        required=True,
        help="folder to write to; it is made if it is not there",
    )
    return parser
