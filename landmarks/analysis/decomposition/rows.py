"""What a decomposition of the error finds: plain rows, for tables and figures."""

from collections.abc import Mapping
from typing import NamedTuple

from landmarks.analysis.statistics import Estimate

UNTOLD = "not told"
"""The group of the faces that lack the points by which a grouping tells groups apart."""


class Term(NamedTuple):
    """One part of a method's error.

    Attributes:
        name: ``crop``, ``encode``, ``decode`` or ``network``.
        nme: What it adds to the NME, in per cent, in situ: at the network's own errors.
        oracle: What it would come to with a perfect network, in per cent; None for ``network``.
        measured: Whether the networks' own outputs tell it; else it is simulated at their errors.
    """

    name: str
    nme: Estimate
    oracle: float | None
    measured: bool


class ErrorTerms(NamedTuple):
    """Where a method's error comes from on one split, under the benchmark's first protocol.

    Attributes:
        method: Its name.
        levels: The level of each axis of the matrix.
        split: Name of the split.
        protocol: Name of the protocol.
        faces: Number of faces.
        seeds: Number of trainings.
        total: The method's NME in per cent.
        terms: Crop, encode, decode and network, in this order; they add up to the total.
        finest: The method with the least NME of those that read the same trainings: itself, if no
            other reading of them is better.
        half_resolution: What is added to the NME, in per cent, when the crops lose half of their
            detail; it is no part of the sum. None where it was not measured.
    """

    method: str
    levels: Mapping[str, str]
    split: str
    protocol: str
    faces: int
    seeds: int
    total: Estimate
    terms: tuple[Term, ...]
    finest: str
    half_resolution: Estimate | None = None


class LandmarkError(NamedTuple):
    """A method's error at one landmark.

    Attributes:
        method: Its name.
        levels: The level of each axis of the matrix.
        split: Name of the split.
        point: The landmark, counted from 0.
        parts: Names of the markup's parts that it lies on.
        faces: Number of faces on which it is annotated.
        nme: Its mean error over these faces and the trainings, in per cent of the normaliser.
    """

    method: str
    levels: Mapping[str, str]
    split: str
    point: int
    parts: tuple[str, ...]
    faces: int
    nme: Estimate


class GroupError(NamedTuple):
    """A method's error on a group of faces, or on a part of the face.

    Attributes:
        method: Its name.
        levels: The level of each axis of the matrix.
        split: Name of the split.
        grouping: What tells the groups apart: ``part``, ``subset``, ``yaw proxy``, ``roll`` or
            ``inter-ocular distance``.
        group: The group's name; `UNTOLD` for the faces that lack the points it is told by.
        faces: Number of faces in it.
        points: Number of annotated points that are counted in it.
        nme: Mean over its faces and the trainings, in per cent.
    """

    method: str
    levels: Mapping[str, str]
    split: str
    grouping: str
    group: str
    faces: int
    points: int
    nme: Estimate


class ResolutionPoint(NamedTuple):
    """A method's error at one resolution.

    Attributes:
        method: Its name.
        levels: The level of each axis of the matrix but the resolution's own.
        split: Name of the split.
        axis: ``heatmap_size`` (cells down the map) or ``crop_size`` (pixels down the crop).
        size: The resolution.
        nme: In per cent. Of a trained point, with an interval over faces and seeds. Of a simulated
            one, the trained NME moved by what the codec's rounding adds; its interval is that of
            the change, so that it has no width at the trained size.
        trained: Whether networks were trained at this resolution; else it is simulated at the
            errors of networks trained at another.
        faces: Number of faces that it was measured or simulated on.
        seeds: Number of trainings.
    """

    method: str
    levels: Mapping[str, str]
    split: str
    axis: str
    size: int
    nme: Estimate
    trained: bool
    faces: int
    seeds: int
