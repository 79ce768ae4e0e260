"""`landmarks data`: what benchmarks there are, and the care of their files."""

import argparse
import importlib
from collections.abc import Sequence

_COMMANDS = {
    "list": "the benchmarks, with their points, splits and protocols",
    "show": "all that is known of a benchmark, and what is there of it",
    "check": "read all files of a benchmark once and report what is wrong with them",
    "prepare": "keep the faces' windows without loss, so that training reads them faster",
    "convert": "write a benchmark as COCO keypoints, .pts, .txt or .csv, or read it from them",
    "sensitivity": "the error of a checkpoint against shift, scale and rotation of the crop",
}


def main(arguments: Sequence[str]) -> int | None:
    """Runs one of the commands; its module is imported only then."""
    parser = argparse.ArgumentParser(
        prog="landmarks data",
        description="What benchmarks there are, and the care of their files.",
        epilog="'landmarks data COMMAND --help' explains the options of a command.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in _COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    # `list` is a module here, once it has been imported.
    options, _ = parser.parse_known_args([*arguments[:1]])
    module = importlib.import_module(f"landmarks.commands.data.{options.command}")
    status: int | None = module.main(arguments[1:])
    return status
