"""`landmarks oracle`: what every codec loses by itself, on a benchmark's true points."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jsonargparse import ArgumentParser

from landmarks.commands.benchmark_option import (
    add_benchmark_options,
    chosen_split,
    open_benchmark,
)
from landmarks.commands.method_names import named_methods
from landmarks.errors import DataError, SettingsError
from landmarks.files import check_writable

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from landmarks.analysis.oracle import Condition, PlacedFaces
    from landmarks.benchmarks.base import Benchmark
    from landmarks.codecs.methods import CodecOfSize


class _Settings(NamedTuple):
    sizes: list[int]
    sigma: float | None
    draws: int
    seed: int
    output: Path


def main(arguments: Sequence[str]) -> None:
    """Encodes and decodes a benchmark's true points; writes ``oracle.csv`` and a plot or more.

    Raises:
        landmarks.errors.SettingsError: If an option cannot be used; the message names it.
        landmarks.errors.DataError: If a file of the benchmark is missing or damaged.
    """
    options = _parser().parse_args(list(arguments))
    sizes = _heatmap_sizes(options.heatmap_sizes, options.crop_size)
    output = Path(options.output)
    if output.exists() and not output.is_dir():
        raise SettingsError(f"--output {output} is a file; name a folder, new or existing")
    if options.draws < 1:
        raise SettingsError(f"--draws {options.draws} must be at least 1")
    if options.seed < 0:
        raise SettingsError(f"--seed {options.seed} must be at least 0")
    if options.sigma is not None and not 0 < options.sigma < float("inf"):
        raise SettingsError(f"--sigma {options.sigma} must be a number of cells above 0")
    conditions = _conditions(options.corruption or [], options.level or [], options.on_top or [])
    methods = named_methods(options.methods)
    check_writable(output)
    benchmark, split, faces = _faces(
        options.benchmark, options.root, options.split, options.crop_size, options.crop
    )
    settings = _Settings(sizes, options.sigma, options.draws, options.seed, output)
    _measure(benchmark, split, faces, conditions, methods, settings)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks oracle",
        allow_abbrev=False,  # a misspelt option is an error, not a guess
        description="The codecs' own error: the benchmark's true points are placed in the crop, "
        "encoded and decoded with no network between; with --corruption, what was encoded is "
        "spoilt before it is decoded. Points that are missing or outside the crop are left out. "
        "Writes oracle.csv (errors in crop pixels with their standard error, NME in per cent under "
        "the benchmark's first protocol, the paired difference to the best method, and how well "
        "the codecs' covariances describe the errors) and oracle.svg, or a plot a corruption.",
    )
    add_benchmark_options(parser)
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
        "--crop",
        type=str,
        default=None,
        help="where the crop lies: a class of landmarks.data.crops, such as FANBox, or with its "
        "options as in an experiment file, such as '{class_path: LandmarkBox, init_args: {factor: "
        "1.5}}'; without it, a square of 1.25 times the landmarks' box",
    )
    parser.add_argument(
        "--heatmap_sizes",
        type=str,
        default="64",
        help="heights of the heatmaps in cells, separated by commas, such as 32,64; none larger "
        "than the crop",
    )
    parser.add_argument(
        "--methods",
        type=str,
        default=None,
        help="names of the methods, separated by commas; without it, all of them",
    )
    parser.add_argument(
        "--corruption",
        type=str,
        action="append",
        help="what spoils the maps: white_noise or correlated_noise (level: standard deviation "
        "relative to the peak's height), width (factor on the spread), elongated (ratio of the "
        "axes), second_mode (its relative height), border (cells beyond the border that points are "
        "moved to; --level=-1,0 for inside and on it), float16, bfloat16 (level 1), posterior "
        "(maps of real spread; the median posterior's, in cells). Repeat it, with a --level each, "
        "to measure several",
    )
    parser.add_argument(
        "--level",
        type=str,
        action="append",
        help="levels of the --corruption, separated by commas, such as 0.02,0.05,0.1",
    )
    parser.add_argument(
        "--on_top",
        type=str,
        action="append",
        help="a further corruption at every level, as NAME=LEVEL, such as white_noise=0.05; may be "
        "repeated",
    )
    parser.add_argument(
        "--sigma",
        type=float,
        default=None,
        help="spread of all Gaussian targets in cells, so that decoders are compared on the same "
        "maps; without it, each method's own",
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=1,
        help="how often each face is measured at every level, with other random draws",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random draws")
    parser.add_argument(
        "--output",
        type=str,
        required=True,
        help="folder to write oracle.csv and the plots to; it is made if it is not there",
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


def _conditions(
    names: list[str], levels: list[str], on_top: list[str]
) -> "list[tuple[str, list[Condition]]]":
    """For each --corruption its conditions, a level each; one exact condition without any."""
    from landmarks.analysis.corruption import CORRUPTIONS
    from landmarks.analysis.oracle import EXACT, Condition

    if len(names) != len(levels):
        raise SettingsError(
            f"{len(names)} --corruption and {len(levels)} --level; give each --corruption a "
            "--level of its own"
        )
    if not names:
        if on_top:
            raise SettingsError(
                f"--on_top {on_top[0]} needs a --corruption that it comes on top of"
            )
        return [("oracle", [EXACT])]
    further = [_name_and_level(text) for text in on_top]
    unknown = [name for name in (*names, *(name for name, _ in further)) if name not in CORRUPTIONS]
    if unknown:
        raise SettingsError(
            f"corruption {unknown[0]!r} is not known; choose one of {', '.join(CORRUPTIONS)}"
        )
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise SettingsError(
            f"--corruption {repeated[0]} is given twice; separate its levels by commas"
        )
    result = []
    for name, text in zip(names, levels, strict=True):
        own = []
        for level in _numbers(text):
            try:
                parts = [CORRUPTIONS[each](value) for each, value in [(name, level), *further]]
            except ValueError as error:
                raise SettingsError(f"--corruption {name} --level {text}: {error}") from None
            label = " + ".join([name, *(f"{each} {value:g}" for each, value in further)])
            own.append(Condition(label, level, tuple(parts)))
        result.append((name, own))
    return result


def _numbers(text: str) -> list[float]:
    try:
        return sorted({float(word) for word in text.split(",")})
    except ValueError:
        raise SettingsError(
            f"--level {text!r} is no number; separate levels by commas, such as 0.02,0.05"
        ) from None


def _name_and_level(text: str) -> tuple[str, float]:
    name, _, level = text.partition("=")
    try:
        return name, float(level)
    except ValueError:
        raise SettingsError(
            f"--on_top {text!r} must be a corruption and its level, such as white_noise=0.05"
        ) from None


def _faces(
    name: str, root: str | None, split: str | None, crop_size: int, crop_text: str | None
) -> "tuple[Benchmark, str, PlacedFaces]":
    from landmarks.analysis.oracle import place_faces
    from landmarks.commands.crop_option import crop_from
    from landmarks.geometry import Size

    crop = crop_from(crop_text)
    benchmark = open_benchmark(name, root)
    facts = benchmark.facts
    split = chosen_split(benchmark, split)
    benchmark.prepare([split])
    print(f"{facts.title}: {benchmark.found(split)}")
    try:
        policy = crop.for_markup(facts.markup)
    except DataError:
        raise
    except ValueError as error:
        raise SettingsError(f"--crop {crop_text}: {error}") from error
    faces = place_faces(benchmark, split, Size(crop_size, crop_size), policy)
    count, points = faces.points_crop.shape[:2]
    left_out = faces.missing + faces.outside
    print(
        f"{count:,} faces, {count * points - int(faces.points_crop[..., 0].isnan().sum()):,} "
        f"points; {left_out:,} left out ({faces.missing:,} missing, {faces.outside:,} outside the "
        "crop)"
    )
    return benchmark, split, faces


def _measure(
    benchmark: "Benchmark",
    split: str,
    faces: "PlacedFaces",
    conditions: "list[tuple[str, list[Condition]]]",
    methods: "Mapping[str, CodecOfSize]",
    settings: _Settings,
) -> None:
    from landmarks.analysis.figures.svg import save_svg
    from landmarks.analysis.oracle import (
        corruption_figure,
        oracle,
        oracle_figure,
        oracle_text,
        write_csv,
    )

    facts = benchmark.facts
    rows = oracle(
        faces,
        facts.markup,
        settings.sizes,
        methods,
        [condition for _, own in conditions for condition in own],
        settings.sigma,
        settings.draws,
        settings.seed,
    )
    output = settings.output
    written = [output / "oracle.csv"]
    write_csv(rows, written[0])
    title = f"{facts.title} {split}, {faces.crop_size.width} px crop"
    if not conditions[0][1][0].corruptions:
        written.append(output / "oracle.svg")
        save_svg(oracle_figure(rows, f"{title}: encode and decode"), written[1])
    else:
        for name, own in conditions:
            for size in settings.sizes:
                shown = [r for r in rows if r.condition in own and r.heatmap_size == size]
                several = f"_{size}" if len(settings.sizes) > 1 else ""
                written.append(output / f"{name}{several}.svg")
                heading = f"{own[0].name}: {title}, {size} cells"
                save_svg(corruption_figure(shown, heading), written[-1])
    print(oracle_text(rows, facts.protocols[0].name))
    print(f"wrote {', '.join(str(path) for path in written)}")
