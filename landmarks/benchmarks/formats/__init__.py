"""File formats that a user's own faces may come in, one file a format: reader and writer."""

from landmarks.benchmarks.formats.base import Annotation, FaceFormat, FaceToWrite, ReadFaces
from landmarks.benchmarks.formats.coco import Coco
from landmarks.benchmarks.formats.csv_table import CsvTable
from landmarks.benchmarks.formats.pts_folder import PtsFolder
from landmarks.benchmarks.formats.txt_folder import TxtFolder

__all__ = [
    "Annotation",
    "Coco",
    "CsvTable",
    "FaceFormat",
    "FaceToWrite",
    "PtsFolder",
    "ReadFaces",
    "TxtFolder",
]
