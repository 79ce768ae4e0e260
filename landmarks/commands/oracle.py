"""`landmarks oracle`: what every codec loses by itself, on a benchmark's true points."""

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from landmarks.errors import SettingsError


def main(arguments: Sequence[str]) -> None:
    """Encodes and decodes a benchmark's true points; writes ``oracle.csv`` and ``oracle.svg``.

    Raises:
        landmarks.errors.SettingsError: If an option cannot be used; the message names it.
        landmarks.errors.DataError: If a file of the benchmark is missing or damaged.
    """
    options = _parser().parse_args(list(arguments))
    sizes = _heatmap_sizes(options.heatmap_sizes, options.crop_size)
    output = Path(options.output)
    if output.exists() and not output.is_dir():
        raise SettingsError(f"--output {output} is a file; name a folder, new or existing")
    _measure(options.benchmark, options.root, options.split, options.crop_size, sizes, output)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks oracle",
        allow_abbrev=False,  # a misspelt option is an error, not a guess
        description="The codecs' own error: the benchmark's true points are placed in the crop, "
        "encoded and decoded with no network between. Points that are missing or outside the crop "
        "are left out. Writes oracle.csv (mean Euclidean error and mean signed error in crop "
        "pixels, NME in per cent under the benchmark's first protocol) and oracle.svg.",
    )
    parser.add_argument(
        "--benchmark", type=str, required=True, help="name of the benchmark, such as 300w"
    )
    parser.add_argument(
        "--root", type=str, default=None, help="folder that holds the benchmark's files"
    )
    parser.add_argument(
        "--split",
        type=str,
        default=None,
        help="part of the benchmark to measure on; without it, the first of its test splits",
    )
    parser.add_argument(
        "--crop_size",
        type=int,
        default=256,
        help="height and width of the crop in pixels",
    )
    parser.add_argument(
        "--heatmap_sizes",
        type=str,
        default="64",
        help="heights of the heatmaps in cells, separated by commas, such as 32,64; none larger "
        "than the crop",
    )
    parser.add_argument(
        "--output",
        type=str,
        required=True,
        help="folder to write oracle.csv and oracle.svg to; it is made if it is not there",
    )
    return parser


def _heatmap_sizes(text: str, crop_size: int) -> list[int]:
    if crop_size < 1:
        raise SettingsError(f"--crop_size {crop_size} must be at least 1 pixel")
    sizes = []
    for word in text.split(","):
        try:
            size = int(word)
        except ValueError:
            raise SettingsError(
                f"--heatmap_sizes {text!r}: {word!r} is no whole number; separate heatmap sizes by "
                "commas, such as 32,64"
            ) from None
        if size < 1:
            raise SettingsError(f"--heatmap_sizes {text!r}: a heatmap needs at least 1 cell")
        if size > crop_size:
            raise SettingsError(
                f"--heatmap_sizes {text!r}: a heatmap of {size} cells is larger than the crop of "
                f"{crop_size} pixels; choose sizes of at most {crop_size}, or a larger --crop_size"
            )
        sizes.append(size)
    return sorted(set(sizes))


def _measure(
    name: str, root: str | None, split: str | None, crop: int, sizes: list[int], output: Path
) -> None:
    # Imported here, since they take seconds and `--help` needs none of them.
    from landmarks.analysis.oracle import (
        oracle,
        oracle_figure,
        oracle_frame,
        place_faces,
        write_csv,
    )
    from landmarks.analysis.plots import save_svg
    from landmarks.benchmarks import BENCHMARKS
    from landmarks.data.crop import LandmarkBox
    from landmarks.geometry import Size

    if name not in BENCHMARKS:
        raise SettingsError(
            f"--benchmark {name!r} is not known; choose one of {', '.join(BENCHMARKS)}"
        )
    benchmark = BENCHMARKS[name](None if root is None else Path(root))
    facts = benchmark.facts
    split = split or facts.test_splits[0]
    if split not in facts.splits:
        raise SettingsError(
            f"--split {split!r}: {facts.title} has no such split; choose one of "
            f"{', '.join(facts.splits)}"
        )
    benchmark.prepare([split])
    print(f"{facts.title}: {benchmark.found(split)}")
    faces = place_faces(benchmark, split, Size(crop, crop), LandmarkBox(1.25))
    count, points = faces.points_crop.shape[:2]
    left_out = faces.missing + faces.outside
    print(
        f"{count:,} faces, {count * points - int(faces.points_crop[..., 0].isnan().sum()):,} "
        f"points; {left_out:,} left out ({faces.missing:,} missing, {faces.outside:,} outside the "
        "crop)"
    )
    rows = oracle(faces, facts.markup, sizes)
    write_csv(rows, output / "oracle.csv")
    title = f"{facts.title} {split}: encode and decode, {crop} px crop"
    save_svg(oracle_figure(rows, title), output / "oracle.svg")
    print(_table(oracle_frame(rows).rows(), facts.protocols[0].name))
    print(f"wrote {output / 'oracle.csv'} and {output / 'oracle.svg'}")


def _table(rows: Sequence[tuple[str, int, float, float, float, float]], protocol: str) -> str:
    width = max(len(method) for method, *_ in rows)
    lines = [
        f"{'method':{width}}  heatmap  error (px)    bias x    bias y   NME (%)",
        *(
            f"{method:{width}}  {size:7}  {error:10.4f}  {x:+8.4f}  {y:+8.4f}  {nme:8.4f}"
            for method, size, error, x, y, nme in rows
        ),
        f"pixels of the crop; NME under {protocol}",
    ]
    return "\n".join(lines)
