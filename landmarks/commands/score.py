"""`landmarks score`: any method's predictions, scored as `landmarks compare` scores its own."""

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from landmarks.commands.benchmark_option import (
    add_benchmark_options,
    chosen_split,
    open_benchmark,
)
from landmarks.errors import SettingsError

_DESCRIPTION = """\
Scores any method's predictions of a benchmark's faces under all of its protocols. FILE may be
COCO-style JSON (a list of results, or an object with images and annotations), the text format of
the COFW-68 benchmark (four lines a face: its number from 1, x, y, occlusion), or the
points-<split>.npz of a test run; its content tells which. Every face of the split must be there
exactly once, in pixels of the original pictures."""

_EPILOG = """\
Faces of a JSON file are found by the file_name of their image: it is the picture's path below the
root, or ends it. A list of results has no images: its image_id are those of --annotations, or of
the COCO file that your own data's description names for the split, or else those that 'landmarks
data convert' writes (pictures numbered from 1 in the order of the split).
Where a picture shows several faces, they are told by an id as 'landmarks data convert' writes it
(faces numbered from 1 in the order of the split), or else by bbox, or else by their order. Written
below --output, with the columns that 'landmarks compare' writes: results.csv (NME, FR, AUC of each
subset and protocol), protocols.csv (what the protocols' names stand for), faces.parquet (every
face's NME), points-<split>.npz (the points); and summary.csv (with confidence intervals)."""


def main(arguments: Sequence[str]) -> None:
    """Scores a file; writes the tables and prints them.

    Raises:
        landmarks.errors.SettingsError: If an option cannot be used; the message names it.
        landmarks.errors.DataError: If a file of the benchmark or the predictions cannot be used.
    """
    options = _parser().parse_args(list(arguments))
    output = Path(options.output)
    if output.exists() and not output.is_dir():
        raise SettingsError(f"--output {output} is a file; name a folder, new or existing")
    file = Path(options.file)
    method = file.stem if options.method is None else options.method
    if not method.strip():
        raise SettingsError("--method is empty; name the method")
    if options.first_pixel not in (None, 0, 1):
        raise SettingsError(f"--first_pixel {options.first_pixel} must be 0 or 1")
    annotations = None if options.annotations is None else Path(options.annotations)

    # What takes seconds to import need not be waited for by a mistyped option.
    import torch

    from landmarks.analysis.foreign import doubt, part_scores, scores_text, write_scores
    from landmarks.benchmarks.custom import Custom
    from landmarks.data.evaluation_set import EvaluationSet
    from landmarks.predictions import (
        CocoPredictions,
        Cofw68Text,
        Faces,
        OwnPoints,
        read_predictions,
    )
    from landmarks.results import FaceResults

    benchmark = open_benchmark(options.benchmark, options.root)
    facts = benchmark.facts
    split = chosen_split(benchmark, options.split)
    print(f"{facts.title}: {benchmark.found(split)}", flush=True)
    records = benchmark.records(split)
    of_split = benchmark.coco_file(split) if isinstance(benchmark, Custom) else None
    found = read_predictions(
        file,
        Faces(f"{facts.title} {split}", split, records, facts.markup.count),
        [CocoPredictions(annotations, of_split), OwnPoints(), Cofw68Text()],
        options.first_pixel,
        options.missing_fails,
    )
    print(f"{file}: {found.format.description}, the first pixel is {found.first_pixel}")
    if found.missing:
        print(f"{found.missing:,} of {len(records):,} faces are missing and count as failures")
    truth = EvaluationSet.of(benchmark, split, records)
    every_face = torch.arange(len(records))
    results = FaceResults.measure(truth, every_face, found.points_photo, found.covariances_photo)
    scores = part_scores(results, facts)
    written = write_scores(results, scores, facts, method, output)
    print(f"\n{method}\n{scores_text(scores, facts)}\n")
    if (warning := doubt(results, facts)) is not None:
        print(f"landmarks score: warning: {warning}", file=sys.stderr)
    print(f"wrote {', '.join(str(path) for path in written)}")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="landmarks score", description=_DESCRIPTION, epilog=_EPILOG, allow_abbrev=False
    )
    parser.add_argument("file", type=str, help="the predictions")
    add_benchmark_options(parser)
    parser.add_argument(
        "--split",
        type=str,
        default=None,
        help="part of the benchmark that was predicted; without it, the first of its test splits",
    )
    parser.add_argument(
        "--annotations",
        type=str,
        default=None,
        help="COCO file whose images the image_id of a list of results refer to, such as the one "
        "that the method was tested with",
    )
    parser.add_argument(
        "--first_pixel",
        type=int,
        default=None,
        help="number that the file gives to the first pixel: 0, or 1 for files that count from 1, "
        "as MATLAB does; without it, 0 for JSON and points, and 1 for the COFW-68 text format, as "
        "in the results that come with that benchmark",
    )
    parser.add_argument(
        "--missing_fails",
        action="store_true",
        help="count faces that the file lacks, or whose points are not finite, as failures of "
        "infinite error, instead of refusing the file",
    )
    parser.add_argument(
        "--method",
        type=str,
        default=None,
        help="name of the method in the tables; without it, that of the file",
    )
    parser.add_argument(
        "--output",
        type=str,
        required=True,
        help="folder to write the tables to; it is made if it is not there",
    )
    return parser
