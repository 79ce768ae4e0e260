"""`landmarks compare`: methods × seeds under identical settings."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

_DESCRIPTION = """\
Trains and tests several methods under identical settings and reports how they compare. Methods
that differ only in decoding share one training; what is finished is not done again, and a training
that was interrupted goes on from its last epoch."""

_EPILOG = """\
Written below --output: results.csv (NME, FR, AUC of each method, seed, split, subset and protocol;
the whole split is the subset 'all'), protocols.csv (what the protocols' names stand for),
summary.csv (the methods side by side with confidence intervals), calibration.csv (how well each
method's covariances describe its errors, before and after a temperature fitted on the held-out
faces), faces.parquet (every face's NME), ced.svg, predictions.jpg, report.html, and below
trainings/ and runs/ what they were made from."""


def main(arguments: Sequence[str]) -> None:
    """Runs ``landmarks compare`` with the words that follow it."""
    options = _parser().parse_args(list(arguments))
    # Torch and Lightning take seconds to import: a mistyped option need not wait for them.
    from landmarks.analysis.comparison import compare
    from landmarks.analysis.experiment import Experiment

    experiment = Experiment.read(Path(options.experiment), options.root)
    command = shlex.join(["landmarks", "compare", *arguments])
    compare(experiment, Path(options.output), command)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks compare", description=_DESCRIPTION, epilog=_EPILOG, allow_abbrev=False
    )
    parser.add_argument(
        "experiment",
        type=str,
        help="Experiment file: a 'landmarks fit' file with the sections seeds, splits and methods.",
    )
    parser.add_argument(
        "--root",
        type=str,
        default=None,
        help="Folder of the benchmark's files, instead of the one in the experiment file.",
    )
    parser.add_argument(
        "--output",
        type=str,
        required=True,
        help="Folder for all results; call again with the same one to go on where it stopped.",
    )
    return parser
