"""`landmarks bench codecs`: how fast every codec encodes, scores and decodes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser

from landmarks.commands.method_names import named_methods
from landmarks.errors import SettingsError

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from landmarks.codecs.methods import CodecOfSize

_SHAPES = "32x98x64,64x98x256"
_QUICK_SHAPES = "2x5x32"


def main(arguments: Sequence[str]) -> None:
    """Times the codecs beside two rulers; writes ``bench.csv`` and ``bench.svg``.

    Raises:
        landmarks.errors.SettingsError: If an option cannot be used; the message names it.
    """
    options = _parser().parse_args(list(arguments))
    output = Path(options.output)
    if output.exists() and not output.is_dir():
        raise SettingsError(f"--output {output} is a file; name a folder, new or existing")
    if options.repeats is not None and options.repeats < 1:
        raise SettingsError(f"--repeats {options.repeats} must be at least 1")
    if options.threads is not None and options.threads < 1:
        raise SettingsError(f"--threads {options.threads} must be at least 1")
    shapes = _shapes(options.shapes or (_QUICK_SHAPES if options.quick else _SHAPES))
    repeats = options.repeats or (2 if options.quick else 9)
    _bench(
        shapes, named_methods(options.methods), options.device, options.threads, repeats, output,
        measure_memory=not options.quick,
    )  # fmt: skip


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks bench",
        allow_abbrev=False,  # a misspelt option is an error, not a guess
        description="Times encode, loss (with backward) and decode of every codec on maps as a "
        "network emits them, in one run with two rulers: the same algorithm as a plain loop over "
        "points with NumPy and OpenCV, and one read of the maps. Writes bench.csv and bench.svg, "
        "and prints the targets beside what was measured.",
    )
    parser.add_argument("subject", choices=["codecs"], help="what is timed")
    parser.add_argument(
        "--shapes",
        type=str,
        default=None,
        help="faces x points x heatmap size, several separated by commas; "
        f"{_SHAPES} unless told, over crops of 256 px",
    )
    parser.add_argument(
        "--methods",
        type=str,
        default=None,
        help="names of the methods, separated by commas; without it, all of them",
    )
    parser.add_argument(
        "--device", type=str, default=None, help="cpu or cuda; cuda where there is one"
    )
    parser.add_argument(
        "--threads", type=int, default=None, help="PyTorch's threads on the CPU; its own choice"
    )
    parser.add_argument(
        "--repeats", type=int, default=None, help="how often each step is timed; 9 unless told"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small maps, few repeats and no measure of memory: to see that it runs",
    )
    parser.add_argument(
        "--output",
        type=str,
        required=True,
        help="folder to write bench.csv and bench.svg to; it is made if it is not there",
    )
    return parser


def _shapes(text: str) -> list[tuple[int, int, int]]:
    shapes = []
    for word in text.split(","):
        try:
            batch, points, size = (int(number) for number in word.split("x"))
        except ValueError:
            raise SettingsError(
                f"--shapes {text!r}: {word!r} is no shape; write faces x points x heatmap size, "
                "such as 32x98x64"
            ) from None
        if min(batch, points, size) < 1 or size > 256:
            raise SettingsError(
                f"--shapes {text!r}: {word!r} needs at least one face and one point, and a heatmap "
                "of 1 to 256 cells"
            )
        shapes.append((batch, points, size))
    return shapes


def _bench(
    shapes: list[tuple[int, int, int]],
    methods: "Mapping[str, CodecOfSize]",
    device_name: str | None,
    threads: int | None,
    repeats: int,
    output: Path,
    *,
    measure_memory: bool,
) -> None:
    # Imported here, since they take seconds and `--help` needs none of them.
    import torch

    from landmarks.analysis.codec_speed import codec_speed
    from landmarks.analysis.codec_speed_table import (
        Machine,
        speed_figure,
        speed_text,
        write_speed,
    )
    from landmarks.analysis.codec_workload import Shape
    from landmarks.analysis.figures.svg import save_svg

    if device_name not in (None, "cpu", "cuda"):
        raise SettingsError(f"--device {device_name!r} is not known; choose cpu or cuda")
    if device_name == "cuda" and not torch.cuda.is_available():
        raise SettingsError("--device cuda: PyTorch sees no GPU here; choose cpu")
    device = torch.device(device_name or ("cuda" if torch.cuda.is_available() else "cpu"))
    if threads is not None:
        torch.set_num_threads(threads)
    machine = Machine(
        device.type,
        torch.cuda.get_device_name(device) if device.type == "cuda" else _processor(),
        torch.get_num_threads(),
        torch.__version__,
    )
    rows = codec_speed(
        [Shape(*shape) for shape in shapes], methods, device, repeats, measure_memory
    )
    write_speed(rows, machine, output / "bench.csv")
    save_svg(speed_figure(rows, machine), output / "bench.svg")
    print(speed_text(rows, machine))
    print(f"wrote {output / 'bench.csv'} and {output / 'bench.svg'}")


def _processor() -> str:
    """The processor's name, as Linux knows it; elsewhere its kind."""
    import platform

    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
