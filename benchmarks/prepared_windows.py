"""Prints how many training crops a second are made with and without prepared windows.

    python benchmarks/prepared_windows.py
    python benchmarks/prepared_windows.py --root DIR_OF_300W --crop_size 256

Without ``--root``, on JPEGs of 2000 × 3000 pixels with a drawn face each; with it, on the training
faces of 300W there. Both ways are measured in turn, several times; crops are compared bit by bit.
"""

import argparse
import multiprocessing
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from tqdm import tqdm

from landmarks.batch import Record
from landmarks.benchmarks.w300 import W300
from landmarks.data.augmentation import Augmentation
from landmarks.data.crops import LandmarkBox
from landmarks.data.dataset import CropDataset
from landmarks.data.photo_file import PhotoFile
from landmarks.data.prepared import PreparedWindows
from landmarks.data.prepared.preparation import plan
from landmarks.data.prepared.wanted import training_faces, wanted_photos
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68
from landmarks.rendering.face import render_face

_NAME = "300w"
_DRAWN = 256
"""Faces are drawn at this size and enlarged."""


class Rate(NamedTuple):
    """Crops a second."""

    clock: float
    processor: float


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=None, help="folder of 300W; drawn if left out")
    parser.add_argument("--faces", type=int, default=100, help="number of faces, one a photo")
    parser.add_argument("--height", type=int, default=2000, help="of the drawn photos")
    parser.add_argument("--width", type=int, default=3000, help="of the drawn photos")
    parser.add_argument("--face", type=int, default=600, help="size of the drawn faces' pictures")
    parser.add_argument("--crop_size", type=int, default=256, help="height and width of the crops")
    parser.add_argument("--repeats", type=int, default=5, help="epochs measured in each way")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        if options.root is None:
            size = Size(options.height, options.width)
            records = drawn_records(Path(folder) / "photos", options.faces, size, options.face)
        else:
            records = list(W300(options.root).records("train"))[: options.faces]
        _measure(records, Path(folder) / "windows", options.crop_size, options.repeats)


def _measure(records: Sequence[Record], cache: Path, crop_size: int, repeats: int) -> None:
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(1) as pool:
        before, after, seconds = pool.apply(prepare, (records, cache, crop_size))
    windows = sum(file.stat().st_size for file in cache.glob("*.windows"))
    files = {record.photo.file for record in records}
    photos = sum(file.stat().st_size for file in files if file is not None)
    plain = crops_of(records, crop_size)
    prepared = crops_of(PreparedWindows(cache).of(_NAME, records), crop_size)

    print(f"{len(records)} faces, crops of {crop_size} px, one process of {platform.machine()}")
    print(f"photos {photos / len(records) / 1e6:.2f} MB a face, windows ", end="")
    print(f"{windows / len(records) / 1e6:.2f} MB a face")
    print(f"prepared in {seconds:.1f} s; memory {before:.0f} MB before, {after:.0f} MB at most")
    rate(plain, 0)  # the photos are in the system's memory after this
    first = rate(prepared, 0)
    print(f"first reading of the windows, with their hashes: {first.clock:.0f} crops/s\n")
    print("            on the clock, crops/s            of processor time, crops/s")
    print("epoch   photos   windows    ratio        photos   windows    ratio")
    found = []
    for epoch in range(1, repeats + 1):
        slow, fast = rate(plain, epoch), rate(prepared, epoch)
        found.append((slow, fast))
        print(f"{epoch:5d} {_columns(slow.clock, fast.clock)}    ", end="")
        print(_columns(slow.processor, fast.processor), flush=True)
    clock = statistics.median(fast.clock / slow.clock for slow, fast in found)
    processor = statistics.median(fast.processor / slow.processor for slow, fast in found)
    print(f"median ratio: {clock:.2f} on the clock, {processor:.2f} of processor time")
    same = all(
        torch.equal(plain[0, face][0].image, prepared[0, face][0].image)
        for face in range(len(records))
    )
    print(f"crops are {'the same to the last bit' if same else 'NOT THE SAME'}")


def _columns(slow: float, fast: float) -> str:
    return f"{slow:8.1f} {fast:9.1f} {fast / slow:8.2f}"


def crops_of(records: Sequence[Record], crop_size: int) -> CropDataset:
    """Training crops with the default augmentation, without change of colours."""
    size = Size(crop_size, crop_size)
    return CropDataset(records, MARKUP_68, size, LandmarkBox(), Augmentation())


def rate(dataset: CropDataset, epoch: int) -> Rate:
    """Crops a second over an epoch."""
    clock, processor = time.perf_counter(), time.process_time()
    for face in range(len(dataset)):
        dataset[epoch, face]
    count = len(dataset)
    return Rate(count / (time.perf_counter() - clock), count / (time.process_time() - processor))


def prepare(records: Sequence[Record], cache: Path, crop_size: int) -> tuple[float, float, float]:
    """Prepares the windows; the process's largest memory before and after in MB, and seconds."""
    cv2.setNumThreads(1)
    before, start = _peak_memory(), time.perf_counter()
    faces = training_faces(_NAME, records, crops_of(records, crop_size))
    plan(cache, wanted_photos(faces)).write()
    return before, _peak_memory(), time.perf_counter() - start


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def drawn_records(folder: Path, count: int, size: Size, face_size: int) -> list[Record]:
    """Photos of one drawn face each, on a background of clouds and grain, as JPEG."""
    folder.mkdir(parents=True)
    records = []
    for index in tqdm(range(count), "drawing photos"):
        rng = np.random.default_rng(index)
        coarse = rng.integers(0, 256, (size.height // 50, size.width // 50, 3)).astype(np.uint8)
        photo = cv2.resize(coarse, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
        face = render_face(0, index, _DRAWN)
        enlarged = cv2.resize(face.image, (face_size, face_size), interpolation=cv2.INTER_LINEAR)
        x = int(rng.integers(0, size.width - face_size + 1))
        y = int(rng.integers(0, size.height - face_size + 1))
        photo[y : y + face_size, x : x + face_size] = enlarged
        grain = rng.integers(-6, 7, (size.height, size.width, 1), np.int16)
        photo = np.clip(photo + grain, 0, 255).astype(np.uint8)
        path = folder / f"{index}.jpg"
        cv2.imwrite(str(path), photo[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
        points = face.points(MARKUP_68) * (face_size / _DRAWN) + (x, y)
        records.append(Record(PhotoFile(path, path.name), points))
    return records


if __name__ == "__main__":
    main()
