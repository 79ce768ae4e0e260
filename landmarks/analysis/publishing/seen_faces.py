"""The faces that a report shows, as each method's first training sees them."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8

from landmarks.analysis.plan import PlannedRun
from landmarks.analysis.publishing.subject import Subject
from landmarks.analysis.runs import Training
from landmarks.analysis.tiles import (
    SeenMap,
    ShownFace,
    beside,
    chosen_faces,
    face_tile,
    heatmap_tile,
    own_faces,
)
from landmarks.batch import Fields, Record
from landmarks.codecs.base import Codec
from landmarks.commands.train import build
from landmarks.data.dataset import CropDataset
from landmarks.geometry import Grid, Size

Tile = UInt8[np.ndarray, "H W 3"]


def shown_faces(subject: Subject) -> tuple[list[ShownFace], list[ShownFace]]:
    """The best, the median and the worst face of the main split, with the networks' maps.

    Args:
        subject: What is told of.

    Returns:
        The faces chosen by the error averaged over methods and seeds, the same for all methods; and
        each method's own.
    """
    split = subject.splits[0]
    records = subject.planned.test_sets[0].records
    errors = {method: own.mean(axis=0) for method, own in subject.errors(split).items()}
    same = chosen_faces(list(errors.values()))
    own = own_faces(errors)
    tiles = _tiles(subject, {*same.values(), *(p for by in own.values() for p in by.values())})
    first = {run.method: run for run in reversed(subject.tested)}
    for_all = [
        ShownFace(
            title=f"{why}: {records[place].photo.name}",
            tiles={method: tiles[method, place] for method in subject.methods},
            errors={
                method: 100 * float(first[method].splits[split].nme[subject.protocol.name][place])
                for method in subject.methods
            },
        )
        for why, place in same.items()
    ]
    for_each = [
        ShownFace(
            title=why,
            tiles={method: tiles[method, place] for method, place in places.items()},
            errors={
                method: 100 * float(first[method].splits[split].nme[subject.protocol.name][place])
                for method, place in places.items()
            },
            photos={method: records[place].photo.name for method, place in places.items()},
        )
        for why, places in own.items()
    ]
    return for_all, for_each


def _tiles(subject: Subject, places: set[int]) -> dict[tuple[str, int], Tile]:
    """For each method and face: its points, and beside them its map if it has one."""
    split = subject.splits[0]
    records = subject.planned.test_sets[0].records
    ordered = sorted(places)
    tiles: dict[tuple[str, int], Tile] = {}
    for method in subject.methods:
        result = next(run for run in subject.tested if run.method == method).splits[split]
        maps: Mapping[int, SeenMap] = {}
        for run, training in zip(subject.planned.runs, subject.trainings, strict=True):
            if run.method == method:
                maps = seen_maps(run, training, records, ordered)
                break
        for place in ordered:
            tile = face_tile(records[place], result.points_photo[place])
            if place in maps:
                tile = beside(tile, heatmap_tile(records[place], maps[place]))
            tiles[method, place] = tile
    return tiles


def seen_maps(
    run: PlannedRun, training: Training, records: Sequence[Record], places: Sequence[int]
) -> dict[int, SeenMap]:
    """What the chosen checkpoint's network emits for some faces.

    Args:
        run: The run.
        training: Its training.
        records: The faces of a test split.
        places: Which of them.

    Returns:
        A map for each place; none where the codec has no map for each point.
    """
    cli = build(run.settings)
    task, data = cli.model.eval(), cli.datamodule
    task.load_weights(training.best_checkpoint)
    crops = CropDataset(records, data.facts.markup, data.crop_size, data.test_crop)
    found: dict[int, SeenMap] = {}
    for place in places:
        (batch,) = crops[0, place]
        with torch.inference_mode():
            outputs = task.network(batch.image[None])[-1]
        values = _map_of(task.codec, outputs)
        if values is None:
            return {}
        height, width = values.shape
        crop = data.crop_size
        grid = Grid.centred(crop, height)
        assert (grid.height, grid.width) == (height, width)
        found[place] = SeenMap(values, grid, Size(*crop), batch.photo_from_crop)
    return found


def _map_of(codec: Codec, outputs: Fields) -> Float[np.ndarray, "h w"] | None:
    """The points' maps laid over one another.

    A map's level and scale are its codec's own, so each is shown by how far it stands out from its
    median, as a share of the farthest.
    """
    for name, field in codec.fields.items():
        if field.channels == codec.markup.count and min(field.height, field.width) > 1:
            maps = outputs[name][0].double()
            above = (maps - maps.flatten(1).median(dim=1).values[:, None, None]).clamp(min=0)
            highest = above.flatten(1).amax(dim=1).clamp(min=1e-12)[:, None, None]
            return (above / highest).amax(dim=0).numpy()
    return None
