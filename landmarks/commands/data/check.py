"""`landmarks data check`: reads everything of a benchmark once and reports what is wrong."""

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from landmarks.commands.benchmark_option import add_benchmark_options, named_splits, open_benchmark
from landmarks.errors import SettingsError
from landmarks.files import check_writable

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Checks a benchmark; prints a summary and writes ``check.csv`` and ``check.html``.

    Returns:
        The exit status: 0 if all is well, 1 if there are errors (remarks are none), 130 if it was
        interrupted.

    Raises:
        landmarks.errors.SettingsError: If an option cannot be used; the message names it.
        landmarks.errors.DataError: If there is nothing to check.
    """
    options = _parser().parse_args(list(arguments))
    if options.folder is not None and options.root is not None:
        raise SettingsError(f"ROOT {options.folder} and --root {options.root}: name one folder")
    output = None if options.output is None else Path(options.output)
    if output is not None and output.exists() and not output.is_dir():
        raise SettingsError(f"--output {output} is a file; name a folder, new or existing")
    if options.top < 1:
        raise SettingsError(f"--top {options.top} must be at least 1")
    accepted = _accepted(options.accept)
    benchmark = open_benchmark(options.benchmark, options.folder or options.root)
    facts = benchmark.facts
    splits = list(facts.splits) if options.splits is None else named_splits(facts, options.splits)

    from landmarks.data_check.page import write_page
    from landmarks.data_check.suite import check_benchmark
    from landmarks.data_check.tables import summary, write_csv

    if output is not None:
        check_writable(output)
    try:
        report = check_benchmark(benchmark, splits, options.partial, accepted)
        print(summary(report))
        if output is not None:
            write_csv(report, output / "check.csv")
            write_page(report, output / "check.html", options.top)
            print(f"wrote {output / 'check.csv'}, {output / 'check.html'}")
    except KeyboardInterrupt:
        print("interrupted; no report was left half-written")
        return _INTERRUPTED
    return 0 if report.all_is_well else 1


def _accepted(text: str | None) -> tuple[str, ...]:
    from landmarks.data_check.finding import KINDS

    names = tuple(text.split(",")) if text else ()
    known = [kind.name for kind in KINDS if kind.is_error]
    for name in names:
        if name not in known:
            raise SettingsError(
                f"--accept {name!r} is no kind of error; choose from {', '.join(known)}"
            )
    return names


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks data check",
        allow_abbrev=False,  # a misspelt option is an error, not a guess
        description="Reads every annotation and decodes every picture of a benchmark once, and "
        "reports with file and line: what is missing, unreadable or damaged; faces that are there "
        "twice, in train and test above all; points outside the picture, missing or suspicious; "
        "boxes that cannot be; faces mirrored wrongly and mirror pairs that are none; counts that "
        "differ from the published ones. Exit status 0 if all is well, 1 if there are errors "
        "(remarks, which are worth a look, are none), 2 if it could not be run.",
    )
    parser.add_argument(
        "folder",
        metavar="ROOT",
        type=str,
        nargs="?",
        default=None,
        help="the same as --root",
    )
    add_benchmark_options(parser)
    parser.add_argument(
        "--splits",
        type=str,
        default=None,
        help="splits to check, separated by commas; without it, all of them",
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="accept fewer faces than published, and splits that are not there",
    )
    parser.add_argument(
        "--accept",
        type=str,
        default=None,
        help="kinds of errors that are accepted as they are, separated by commas, such as "
        "duplicate,leak where the owners distribute a set so; they are still reported",
    )
    parser.add_argument(
        "--top",
        type=int,
        default=24,
        help="how many findings of a kind the page draws; check.csv holds all",
    )
    parser.add_argument(
        "--output",
        type=str,
        default=None,
        help="folder for check.csv, a row a finding, and check.html, a page with the pictures; it "
        "is made if it is not there",
    )
    return parser
