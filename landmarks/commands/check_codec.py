"""`landmarks check-codec`: whether a codec, a user's own too, keeps the whole contract."""

import csv
import importlib
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from jsonargparse import ArgumentParser, Namespace

from landmarks.errors import SettingsError
from landmarks.files import complete_file

if TYPE_CHECKING:
    from landmarks.codecs.base import Codec
    from landmarks.conformance import Outcome, Report
    from landmarks.geometry import Size
    from landmarks.markups import Markup

    CodecFactory = Callable[[Markup, Size], Codec]

_DESCRIPTION = """\
Checks that a codec keeps the contract of landmarks.codecs.Codec: its fields, the round trip of
encode and decode at every sub-pixel phase and up to the border, bias, flips and warps, half
precision, missing points, the loss and its gradient, any outputs, the covariance, a batch of one,
CPU and GPU, torch.export and ONNX. Ends with status 0 if nothing failed, and 1 otherwise."""

_EPILOG = """\
The options of the codec's own constructor are options here as well: for a class they are shown by
'landmarks check-codec PATH.Class --help'. An example: landmarks check-codec
landmarks.codecs.ContinuousHeatmap --heatmap_size 64 --peak landmarks.codecs.Dark --peak.kernel_size
11"""

_OWN = ("markup", "crop_size")
"""The constructor's arguments that every codec has, set by options of the same name."""

_FIVE_POINTS = "5"


def main(arguments: Sequence[str]) -> int:
    """Runs ``landmarks check-codec`` with the words that follow it.

    Returns:
        The exit status: 0 if nothing failed, else 1.

    Raises:
        landmarks.errors.SettingsError: If the codec cannot be found or built; the message says why.
    """
    words = list(arguments)
    named = [place for place, word in enumerate(words[:1]) if not word.startswith("-")]
    if not named:
        options = _parser("[PATH.Class | METHOD | --all]").parse_args(words)
        return _check_all(options)
    path = words.pop(0)
    target = _target(path)
    parser = _parser(path)
    parser.add_argument(
        "--config", action="config", help="YAML file of these options, by their names"
    )
    own = _add_constructor(parser, target, path)
    options = parser.parse_args(words)
    if options.all:
        raise SettingsError(f"--all checks every method by name; leave out {path}, or --all")
    markup, size = _markup(options), _crop_size(options)

    def build() -> "Codec":
        # The codec's parts, too, are built anew each time.
        try:
            built = parser.instantiate(options)
        except Exception as error:
            raise SettingsError(f"{path} cannot be built: {_one_line(error)}") from error
        return _built(target, path, markup, size, {name: built[name] for name in own})

    return _check_one(path, build, options)


def _parser(shown: str) -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"landmarks check-codec {shown}",
        allow_abbrev=False,  # a misspelt option is an error, not a guess
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="check every method by name, a line each; so does no PATH.Class",
    )
    parser.add_argument(
        "--markup",
        type=int | str,  # bare numbers in a YAML file, too
        default=_FIVE_POINTS,
        help="point scheme: 19, 29, 68, 98 or 106; 5 is a small one, which is checked fastest",
    )
    parser.add_argument(
        "--crop_size",
        type=int | str,
        default=256,
        help="height and width of the crop in pixels: one number for a square, or HEIGHTxWIDTH",
    )
    parser.add_argument(
        "--device", type=str, default="cpu", help="where the codec is checked, such as cuda"
    )
    parser.add_argument(
        "--output",
        type=str,
        default=None,
        help="CSV file to write the outcomes to; without it they are only printed",
    )
    return parser


def _target(path: str) -> Callable[..., "Codec"]:
    """The class at an import path, or the builder of a method by name."""
    from landmarks.codecs.base import Codec
    from landmarks.codecs.methods import METHODS

    if path in METHODS:
        return METHODS[path]
    module_name, _, name = path.rpartition(".")
    if not module_name:
        raise SettingsError(
            f"{path!r} is no method by name ({', '.join(METHODS)}); name a class by its import "
            "path, such as landmarks.codecs.ContinuousHeatmap"
        )
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise SettingsError(
            f"{path}: module {module_name} cannot be imported ({_one_line(error)}); name a class "
            "by its import path, importable from here"
        ) from error
    try:
        found = getattr(module, name)
    except AttributeError:
        known = [key for key, value in vars(module).items() if _is_codec(value, Codec)]
        raise SettingsError(
            f"{path}: module {module_name} has no {name}"
            + (f"; its codecs are {', '.join(sorted(known))}" if known else "")
        ) from None
    if not (inspect.isclass(found) and issubclass(found, Codec)):
        raise SettingsError(f"{path} is no codec: it must be a subclass of landmarks.codecs.Codec")
    if inspect.isabstract(found):
        missing = ", ".join(sorted(found.__abstractmethods__))
        raise SettingsError(f"{path} is abstract: it lacks {missing}")
    kind: Callable[..., Codec] = found
    return kind


def _is_codec(value: object, codec: type) -> bool:
    return inspect.isclass(value) and issubclass(value, codec) and not inspect.isabstract(value)


def _add_constructor(
    parser: ArgumentParser, target: Callable[..., "Codec"], path: str
) -> list[str]:
    """Adds the options of the codec's own constructor; returns their names."""
    try:
        if inspect.isclass(target):
            added = parser.add_class_arguments(target, skip={*_OWN}, sub_configs=True)
        else:
            added = parser.add_function_arguments(target, skip={*_OWN}, sub_configs=True)
    except ValueError as error:
        raise SettingsError(
            f"{path}: the arguments of its constructor cannot be options ({_one_line(error)})"
        ) from error
    # A method by name has no default size; the size of the published methods is 64.
    if "heatmap_size" in added and not inspect.isclass(target):
        parser.set_defaults({"heatmap_size": 64})
    return [str(name) for name in added]


def _built(
    target: Callable[..., "Codec"],
    path: str,
    markup: "Markup",
    size: "Size",
    settings: Mapping[str, Any],
) -> "Codec":
    try:
        return target(markup, size, **settings)
    except Exception as error:
        raise SettingsError(f"{path} cannot be built: {_one_line(error)}") from error


def _markup(options: Namespace) -> "Markup":
    from landmarks.markups import MARKUPS, Markup

    known = {_FIVE_POINTS: Markup(_FIVE_POINTS, 5, (1, 0, 2, 4, 3)), **MARKUPS}
    name = str(options.markup)
    if name not in known:
        raise SettingsError(f"--markup {name!r} is not known; choose one of {', '.join(known)}")
    return known[name]


def _crop_size(options: Namespace) -> "Size":
    from landmarks.geometry import Size

    text = str(options.crop_size)
    try:
        numbers = [int(word) for word in text.split("x")]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or min(numbers) < 1:
        raise SettingsError(
            f"--crop_size {text!r} must be a whole number of pixels of at least 1, or two of them, "
            "such as 256 or 256x192"
        )
    return Size(numbers[0], numbers[-1])


def _check_one(path: str, build: Callable[[], "Codec"], options: Namespace) -> int:
    started = time.perf_counter()
    report = _run(path, build, options)
    print(_table(report))
    print(
        f"{path}: {len(report.passed)} passed, {len(report.failed)} failed, "
        f"{len(report.skipped)} skipped, in {time.perf_counter() - started:.1f} s"
    )
    _write(options.output, {path: report})
    return 1 if report.failed else 0


def _check_all(options: Namespace) -> int:
    from landmarks.codecs.methods import METHODS

    markup, size = _markup(options), _crop_size(options)
    reports = {}
    width = max(len(name) for name in METHODS)
    for name, target in METHODS.items():
        settings = {"heatmap_size": max(1, size.height // 4)}
        reports[name] = report = _run(
            name,
            lambda target=target, name=name, settings=settings: _built(  # type: ignore[misc]
                target, name, markup, size, settings
            ),
            options,
        )
        print(f"{name:{width}}  {_summary(report)}", flush=True)
    failed = [name for name, report in reports.items() if report.failed]
    if failed:
        print(f"'landmarks check-codec {failed[0]}' shows each check of {failed[0]}")
    _write(options.output, reports)
    return 1 if failed else 0


def _run(name: str, build: Callable[[], "Codec"], options: Namespace) -> "Report":
    import torch
    from tqdm import tqdm

    from landmarks.conformance import CHECKS, check_codec

    try:
        device = torch.device(options.device)
        torch.zeros(1, device=device)
    except Exception as error:
        raise SettingsError(
            f"--device {options.device!r} cannot be used: {_one_line(error)}"
        ) from error
    build()  # A codec that cannot be built is no finding, but an error in one line.
    with tqdm(CHECKS, desc=name, unit="check", leave=False) as progress:

        def named() -> Any:  # noqa: ANN401 (an iterator of checks)
            for check in progress:
                progress.set_postfix_str(check.title)
                yield check

        return check_codec(build, named(), device)


def _summary(report: "Report") -> str:
    parts = [f"{len(report.passed)} passed"]
    if report.failed:
        titles = ", ".join(check.title for check, _ in report.failed)
        parts.append(f"{len(report.failed)} FAILED: {titles}")
    if report.skipped:
        titles = ", ".join(check.title for check, _ in report.skipped)
        parts.append(f"{len(report.skipped)} skipped: {titles}")
    return "; ".join(parts)


def _table(report: "Report") -> str:
    width = max(len(check.title) for check, _ in report.findings)
    lines = [f"{'check':{width}}  result   what was found"]
    for check, outcome in report.findings:
        verdict, *told = _told(outcome)
        lines.append(f"{check.title:{width}}  {verdict:7}  {told[0]}")
        lines.extend(f"{'':{width}}           {line}" for line in told[1:])
        if verdict == "FAILED":
            lines.append(f"{'':{width}}           rule: {check.rule}")
    return "\n".join(lines)


def _told(outcome: "Outcome") -> list[str]:
    from landmarks.conformance import Failed, Passed

    if isinstance(outcome, Passed):
        return ["passed", outcome.measured]
    if isinstance(outcome, Failed):
        lines = [f"at {outcome.at}", f"found {outcome.found}", f"expected {outcome.expected}"]
        return ["FAILED", *lines, *([outcome.by] if outcome.by else [])]
    return ["skipped", outcome.reason]


def _write(path: str | None, reports: Mapping[str, "Report"]) -> None:
    if path is None:
        return
    with complete_file(Path(path)) as unfinished, unfinished.open("w", newline="") as file:
        _write_csv(file, reports)
    print(f"wrote {path}")


def _write_csv(file: TextIO, reports: Mapping[str, "Report"]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["codec", "check", "result", "found"])
    for name, report in reports.items():
        for check, outcome in report.findings:
            verdict, *told = _told(outcome)
            writer.writerow([name, check.title, verdict.lower(), "; ".join(told)])


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
