"""`landmarks data sensitivity`: the error of a checkpoint against the place of the crop."""

import argparse
import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from landmarks.commands.benchmark_option import chosen_split
from landmarks.errors import DataError, SettingsError

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from polars import DataFrame
    from torch import Tensor

    from landmarks.analysis.sensitivity import Condition
    from landmarks.analysis.sensitivity.conditions import Kind
    from landmarks.codecs.base import Decoded
    from landmarks.commands.train import LandmarkCLI
    from landmarks.data.evaluation_set import EvaluationSet

    Sizes = list[tuple[Kind, list[float]]]

_DESCRIPTION = """\
Measures a checkpoint on crops that are displaced from where the settings have them: shifted left,
right, up and down, made smaller and larger, and turned both ways, one at a time and by the same
amount for every face. Says which shift, scale and rotation raise the NME by a given share, and
whether position matters more than orientation (Earp et al. 2021, https://arxiv.org/abs/2103.03059):
at the same distance that landmarks move within the crop, which of the two does more. Further
options are those of 'landmarks test', such as --data.init_args.test_crop or --trainer.accelerator.
"""

_EPILOG = """\
Written below --output: sensitivity.csv, verdict.txt, a plot of each split (.svg and .png), and
below conditions/ every face's errors, a file a condition: call again with the same settings to go
on where it stopped, or to add levels."""

_LEFT_OUT = ("ckpt_path", "verbose")
"""What a training's config.yaml holds beside its settings."""


def main(arguments: Sequence[str]) -> int | None:
    """Measures, writes and prints.

    Raises:
        landmarks.errors.SettingsError: If an option or a setting cannot be used.
        landmarks.errors.DataError: If a file cannot be used.
    """
    options, further = _parser().parse_known_args(list(arguments))
    if not 0 < options.rise < math.inf:
        raise SettingsError(f"--rise {options.rise} must be a share above 0, such as 0.5")
    if options.faces is not None and options.faces < 2:
        raise SettingsError(f"--faces {options.faces} must be at least 2")
    output = Path(options.output)
    if output.exists() and not output.is_dir():
        raise SettingsError(f"--output {output} is a file; name a folder, new or existing")
    lists = {
        name: _numbers(name, getattr(options, name)) for name in ("shift", "scale", "rotation")
    }
    try:
        _measure(options, further, lists, output)
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on behind the last finished condition")
        return 130
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="landmarks data sensitivity",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--config", required=True, help="experiment file, or a training's config.yaml")
    add("--ckpt_path", required=True, help="the checkpoint")
    add("--root", help="folder of the benchmark's files, instead of the one in the settings")
    add("--split", help="split to measure on; the test splits of the settings if left out")
    add("--output", required=True, help="folder for the results")
    add(
        "--shift",
        default="0.025,0.05,0.1,0.15,0.2",
        help="shifts in parts of the window's side, each measured in four directions",
    )
    add(
        "--scale",
        default="1.1,1.25,1.5,2",
        help="factors on the window's side, each measured as it is and inverse",
    )
    add("--rotation", default="10,20,30,45,60", help="degrees, each measured both ways")
    add(
        "--rise",
        type=float,
        default=0.5,
        help="share of the NME by which it is to rise, for the verdict: 0.5 is half, 1 doubles it",
    )
    add(
        "--faces",
        type=int,
        help="measure only so many faces of a split, drawn once and for all; all if left out",
    )
    return parser


def _numbers(name: str, text: str) -> list[float]:
    least = 1.0 if name == "scale" else 0.0
    try:
        numbers = sorted({float(word) for word in text.split(",")})
    except ValueError:
        raise SettingsError(
            f"--{name} {text!r} is no list of numbers; separate them by commas, such as 0.05,0.1"
        ) from None
    if not all(least < number < math.inf for number in numbers):
        raise SettingsError(
            f"--{name} {text!r}: sizes must be larger than {least:g}; both directions of each are "
            "measured"
        )
    return numbers


def _measure(
    options: argparse.Namespace, further: list[str], lists: dict[str, list[float]], output: Path
) -> None:
    checkpoint = Path(options.ckpt_path)
    cli = _build(options, further)
    from landmarks.analysis.sensitivity import SCALING, SHIFT, TURN, all_conditions

    data = cli.datamodule
    for split in data.test_splits:
        chosen_split(data.benchmark, split)
    data.benchmark.prepare(data.test_splits)
    for split in data.test_splits:
        print(f"found {data.benchmark.found(split)}", flush=True)
    data.setup("test")
    cli.model.load_weights(checkpoint)
    cli.model.to(cli.trainer.strategy.root_device).eval()
    sizes: Sizes = [
        (SHIFT, lists["shift"]),
        (SCALING, lists["scale"]),
        (TURN, lists["rotation"]),
    ]
    conditions = all_conditions(sizes)
    reports = []
    for whole in data.evaluation("test"):
        faces, places = _some(whole, options.faces)
        measured = _measured(cli, faces, places, conditions, checkpoint, output / "conditions")
        reports.append(_report(cli, faces, sizes, conditions, measured, options.rise, output))
    _write(reports, output)


def _build(options: argparse.Namespace, further: list[str]) -> "LandmarkCLI":
    import yaml  # type: ignore[import-untyped]

    from landmarks.analysis.experiment import read_settings
    from landmarks.commands.train import LandmarkCLI, check_checkpoint

    settings = read_settings(Path(options.config))
    for section in ("methods", "seeds", "splits"):
        if section in settings:
            raise SettingsError(
                f"{options.config} is a comparison of several methods; name the config.yaml of one "
                "of its trainings, or an experiment file of 'landmarks fit'"
            )
    check_checkpoint(Path(options.ckpt_path))
    kept = {name: value for name, value in settings.items() if name not in _LEFT_OUT}
    words = [f"--config={yaml.safe_dump(kept)}", f"--output={options.output}"]
    if options.root is not None:
        words.append(f"--data.init_args.root={options.root}")
    if options.split is not None:
        words.append(f"--data.init_args.test_splits=[{options.split}]")
    try:
        return LandmarkCLI(args=[*words, *further], run=False)
    except (DataError, SettingsError):
        raise
    except Exception as error:
        raise SettingsError(f"{options.config}: {' '.join(str(error).split())}") from error


def _some(faces: "EvaluationSet", count: int | None) -> "tuple[EvaluationSet, list[int]]":
    """Some of the faces, and their places in the split."""
    import numpy as np

    total = len(faces.records)
    if count is None or count >= total:
        return faces, list(range(total))
    places = sorted(np.random.default_rng(0).permutation(total)[:count].tolist())
    return (
        faces._replace(
            records=[faces.records[i] for i in places],
            points_photo=faces.points_photo[places],
            normalisers=faces.normalisers[places],
        ),
        places,
    )


def _measured(
    cli: "LandmarkCLI",
    faces: "EvaluationSet",
    places: list[int],
    conditions: "Sequence[Condition]",
    checkpoint: Path,
    folder: Path,
) -> "dict[str, DataFrame]":
    """Every condition's faces: read where they are there, measured where they are not."""
    import polars
    from tqdm import tqdm

    from landmarks.analysis.sensitivity import measure_faces
    from landmarks.files import complete_file

    def locate(image: "Tensor") -> "Decoded":
        with cli.trainer.precision_plugin.forward_context():
            found: Decoded = cli.model(image)
        return found

    data = cli.datamodule
    markup = data.facts.markup
    folder = folder / f"{faces.split.replace('/', '-')}-{_key(cli, faces, checkpoint)[:12]}"
    files = {one.name: folder / f"{one.name}.parquet" for one in conditions}
    missing = [one for one in conditions if not files[one.name].exists()]
    with tqdm(
        total=len(faces.records) * len(conditions),
        initial=len(faces.records) * (len(conditions) - len(missing)),
        unit=" faces",
        desc=faces.split,
    ) as progress:
        for condition in missing:
            progress.set_postfix_str(condition.name)
            table = measure_faces(
                locate,
                cli.model.device,
                data,
                faces,
                condition.displaced(data.test_crop).for_markup(markup),
                data.test_crop,
                progress.update,
            ).with_columns(polars.Series("face", places))
            with complete_file(files[condition.name]) as unfinished:
                table.write_parquet(unfinished)
    return {name: polars.read_parquet(file) for name, file in files.items()}


def _key(cli: "LandmarkCLI", faces: "EvaluationSet", checkpoint: Path) -> str:
    """A hash of all that a face's error depends on, but for the condition."""
    from landmarks.analysis.identity import digest_of, faces_digest

    data = cli.datamodule
    with checkpoint.open("rb") as file:
        weights = hashlib.file_digest(file, "sha256").hexdigest()
    settings = cli.config_dump
    return digest_of(
        [
            weights,
            settings["model"],
            settings["trainer"]["precision"],
            faces_digest([faces]),
            data.crops_digest(faces, data.test_crop),
        ]
    )


def _report(
    cli: "LandmarkCLI",
    faces: "EvaluationSet",
    sizes: "Sizes",
    conditions: "Sequence[Condition]",
    measured: "dict[str, DataFrame]",
    rise: float,
    output: Path,
) -> "tuple[DataFrame, str]":
    """Plots a split and prints what was found; the table and the verdict."""
    import polars

    from landmarks.analysis.sensitivity import (
        curve_of,
        judge,
        save_figure,
        sensitivity_figure,
        sensitivity_table,
        sensitivity_text,
        verdict_text,
    )

    data = cli.datamodule
    protocols = [protocol.name for protocol in faces.protocols]
    table = sensitivity_table(conditions, measured, protocols)
    first = table.filter(polars.col("protocol") == protocols[0])
    title = f"{data.facts.title}, {faces.split}: {len(faces.records):,} faces"
    figure = sensitivity_figure(first, rise, title)
    for suffix in ("svg", "png"):
        save_figure(figure, output / f"sensitivity-{faces.split.replace('/', '-')}.{suffix}")
    curves = {kind.name: curve_of(kind, own, measured, protocols[0]) for kind, own in sizes}
    verdict = verdict_text(
        faces.split,
        protocols[0],
        curves,
        judge(list(curves.values()), rise),
        rise,
        data.augmentation,
    )
    print(f"\n{sensitivity_text(first)}\n\n{verdict}", flush=True)
    return table, verdict


def _write(reports: "Sequence[tuple[DataFrame, str]]", output: Path) -> None:
    import polars

    from landmarks.files import complete_file

    with complete_file(output / "sensitivity.csv") as unfinished:
        polars.concat([table for table, _ in reports]).write_csv(unfinished)
    with complete_file(output / "verdict.txt") as unfinished:
        unfinished.write_text("\n\n".join(text for _, text in reports) + "\n", encoding="utf-8")
    print(f"\nwrote {output / 'sensitivity.csv'}, verdict.txt and the plots beside it")
