"""The codecs' own error: true points are encoded and decoded, with no network between.

What is decoded is what was encoded, or what is left of it under a corruption of a stated level.
"""

from landmarks.analysis.oracle.condition import EXACT, Condition, CorruptedFaces
from landmarks.analysis.oracle.faces import PlacedFaces, place_faces
from landmarks.analysis.oracle.measure import CodecError, OracleRow, measure, oracle
from landmarks.analysis.oracle.table import (
    corruption_figure,
    oracle_figure,
    oracle_frame,
    oracle_text,
    write_csv,
)

__all__ = [
    "EXACT",
    "CodecError",
    "Condition",
    "CorruptedFaces",
    "OracleRow",
    "PlacedFaces",
    "corruption_figure",
    "measure",
    "oracle",
    "oracle_figure",
    "oracle_frame",
    "oracle_text",
    "place_faces",
    "write_csv",
]
