"""`landmarks compare`: methods × seeds under identical settings."""

import shlex
import sys
import traceback
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser, Namespace

from landmarks.errors import DataError, SettingsError

if TYPE_CHECKING:
    from landmarks.analysis.experiment import Experiment
    from landmarks.analysis.launchers import Launcher
    from landmarks.analysis.wandb_log import ComparisonLog

_DESCRIPTION = """\
Trains and tests several methods under identical settings and reports how they compare. Methods
that differ only in decoding share one training; what is finished is not done again, a training
that was interrupted goes on from its last epoch, and a run that fails is named and does not keep
the others from being done. Several calls may work on one output folder at once."""

_EPILOG = """\
Written below --output: results.csv (NME, FR, AUC of each method, seed, split, subset and protocol;
the whole split is the subset 'all'), protocols.csv (what the protocols' names stand for),
summary.csv (the methods side by side with confidence intervals), pairs.csv (every pair of methods
and the verdict on it), calibration.csv (how well each method's covariances describe its errors,
before and after a temperature fitted on the held-out faces), faces.parquet (every face's NME),
report.html and its pictures, below trainings/ and runs/ what they were made from, and below logs/
what failed or other processes said. Exit status: 0; 1 if runs are missing from the report; 2 for
settings or files that cannot be used."""


def main(arguments: Sequence[str]) -> int:
    """Runs ``landmarks compare`` with the words that follow it.

    Returns:
        The exit status: 0, or 1 if runs are missing.

    Raises:
        landmarks.errors.SettingsError: If settings cannot be used.
        landmarks.errors.DataError: If a file cannot be used.
    """
    options = _parser().parse_args(_with_value(arguments, "--slurm"))
    _refuse_contradictions(options)
    # Torch and Lightning take seconds to import: a mistyped option need not wait for them.
    from landmarks.analysis.comparison import compare, compare_finished, dry_run
    from landmarks.analysis.experiment import Experiment
    from landmarks.analysis.foreign_runs import named_folders
    from landmarks.analysis.wandb_log import choose_log

    experiment = Experiment.read(Path(options.experiment), options.root)
    taken = (*experiment.methods, *experiment.foreign)
    foreign = {**experiment.foreign, **named_folders(options.foreign, taken)}
    experiment = replace(experiment, foreign=foreign)
    output = Path(options.output)
    log = choose_log(options.wandb, output, experiment.name)
    command = shlex.join(["landmarks", "compare", *arguments])
    if options.only is not None:
        with closing(log):
            return _do_job(experiment, output, options.only, log)
    if options.publish:
        with closing(log):
            return 1 if compare_finished(experiment, output, command, log).missing else 0
    words = _words(options)
    launcher = _launcher(options, words, output, experiment.name)
    if options.dry_run:
        how = f"--launcher {options.launcher}"
        print(f"\n{dry_run(experiment, output, launcher, how)}", flush=True)
        return 0
    with closing(log):
        return 1 if compare(experiment, output, command, launcher, words, log).missing else 0


def _do_job(experiment: "Experiment", output: Path, name: str, log: "ComparisonLog") -> int:
    from landmarks.analysis.comparison import do_job
    from landmarks.analysis.launchers import BUSY, Busy, reason_of

    try:
        do_job(experiment, output, name, log)
    except Busy as busy:
        print(f"landmarks compare: {busy}; it is left to that one", file=sys.stderr)
        return BUSY
    except (SettingsError, DataError):
        raise
    except Exception as error:
        # Whoever called reads the whole of it in this process's log, and the last line first.
        traceback.print_exc()
        print(f"landmarks compare: error: {reason_of(error)}", file=sys.stderr)
        return 1
    return 0


def _refuse_contradictions(options: Namespace) -> None:
    if options.workers is not None and options.launcher == "here":
        raise SettingsError(
            "--workers goes with another --launcher than 'here', which does one run after the "
            "other; choose processes, gpus or slurm"
        )
    if options.slurm and options.launcher != "slurm":
        raise SettingsError("--slurm goes with --launcher slurm")


def _launcher(options: Namespace, words: Sequence[str], output: Path, name: str) -> "Launcher":
    from landmarks.analysis.comparison import logs_folder
    from landmarks.analysis.launchers import Here, SideBySide, SlurmArray, visible_gpus

    logs = logs_folder(output)
    if options.launcher == "processes":
        return SideBySide.on_processors(logs, options.workers)
    if options.launcher == "gpus":
        return SideBySide.on_gpus(visible_gpus(), logs, options.workers)
    if options.launcher == "slurm":
        own = shlex.split(options.slurm)
        return SlurmArray(words, name, output / "slurm", own, options.workers)
    return Here(logs)


def _with_value(arguments: Sequence[str], option: str) -> list[str]:
    """Words in which an option's value, itself an option of another program, is joined to it.

    >>> _with_value(["a.yaml", "--slurm", "--gres=gpu:1"], "--slurm")
    ['a.yaml', '--slurm=--gres=gpu:1']
    """
    words = list(arguments)
    if option in words[:-1]:
        place = words.index(option)
        words[place : place + 2] = [f"{option}={words[place + 1]}"]
    return words


def _words(options: Namespace) -> list[str]:
    """The words after ``landmarks`` with which another process takes part."""
    words = ["compare", str(options.experiment), "--output", str(options.output)]
    words += ["--wandb", options.wandb]
    return words if options.root is None else [*words, "--root", str(options.root)]


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
    parser.add_argument(
        "--foreign",
        type=str,
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="Predictions of another program as a further method: a folder that 'landmarks score' "
        "has written, with every test split. May be given several times; the section 'foreign' of "
        "the experiment file does the same.",
    )
    parser.add_argument(
        "--wandb",
        type=str,
        choices=("auto", "online", "offline", "off"),
        default="auto",
        help="Whether trainings and the result are logged to Weights & Biases: online, offline "
        "(files below --output, which 'wandb sync' uploads later), off; auto is online where "
        "credentials are configured, or what WANDB_MODE says, and else off.",
    )
    parser.add_argument(
        "--launcher",
        type=str,
        choices=("here", "processes", "gpus", "slurm"),
        default="here",
        help="Who trains and tests: this process, one after the other; several processes of this "
        "machine, which share its processors; a process for each of its GPUs; a SLURM array.",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=None,
        help="Trainings at a time, for a launcher other than 'here'. By default half the "
        "processors, all GPUs (more than GPUs share them), or what the cluster has room for.",
    )
    parser.add_argument(
        "--slurm",
        type=str,
        default="",
        help="Options of sbatch for each training of --launcher slurm, such as "
        "'--partition=gpu --gres=gpu:1 --time=4:00:00'.",
    )
    parser.add_argument(
        "--dry_run",
        action="store_true",
        help="Show the runs, how far each is, and an estimate of the time that is left, measured "
        "on a few steps here; write nothing to --output.",
    )
    parser.add_argument(
        "--only",
        type=str,
        default=None,
        metavar="TRAINING",
        help="Do this training alone, named as its folder, and the tests that read it; no report.",
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="Train and test nothing: write the report of what is finished.",
    )
    return parser
