"""The command line: ``landmarks COMMAND``."""

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

import landmarks
from landmarks.errors import DataError, SettingsError


class _Command(NamedTuple):
    module: str
    takes_name: bool
    help: str


_COMMANDS = {
    "fit": _Command("train", True, "train on a benchmark; keep the best checkpoint on validation"),
    "validate": _Command("train", True, "measure a checkpoint on the held-out training faces"),
    "test": _Command("train", True, "measure a checkpoint on the test faces, face by face"),
    "compare": _Command("compare", False, "train and test several methods alike, and report"),
    "oracle": _Command("oracle", False, "the codecs' own error: encode, then decode, no network"),
    "bench": _Command("bench", False, "how fast every codec encodes, scores and decodes"),
    "data": _Command("data", False, "the benchmarks: list, show, check, prepare, convert, …"),
    "score": _Command("score", False, "score any method's predictions as 'compare' does"),
    "check-codec": _Command(
        "check_codec", False, "whether a codec, your own too, keeps the whole contract"
    ),
}


_OUTPUT_CLOSED = 141
"""The status of a program that ended by writing to a closed pipe, by the shells' convention."""


_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    The command's module is imported only when it is run, since torch, timm and lightning take
    seconds to import.

    Args:
        arguments: The words after ``landmarks``; those of this process if None.

    Returns:
        The exit status: 0; 1 for a codec that breaks its contract, or files with errors; 2 for
        settings or files that cannot be used; 141 if nobody reads the output.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    options, rest = parser.parse_known_args(words[:1])
    if options.command is None:
        parser.print_help()
        return 0
    command = _COMMANDS[options.command]
    rest = words if command.takes_name else words[1:]
    # A user's own codec in the folder at hand can be named, as for `python -m`; last, so that no
    # file there stands in the way of a library.
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())
    try:
        status = importlib.import_module(f"landmarks.commands.{command.module}").main(rest)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has left, as in `landmarks data list | head`; what is still
        # unwritten must not raise again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _OUTPUT_CLOSED
    except (DataError, SettingsError) as error:
        print(f"landmarks {options.command}: error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename is None and error.errno not in _DISK_FULL:
            raise
        place = "" if error.filename is None else f"{error.filename}: "
        print(
            f"landmarks {options.command}: error: {place}{error.strerror}; check the path, its "
            "permissions and the space on its disk",
            file=sys.stderr,
        )
        return 2
    return int(status or 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="landmarks",
        description="Compare heatmap codecs for facial landmark localisation under identical "
        "settings.",
        epilog="'landmarks COMMAND --help' explains the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"landmarks {landmarks.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, command in _COMMANDS.items():
        commands.add_parser(name, help=command.help, add_help=False)
    return parser
