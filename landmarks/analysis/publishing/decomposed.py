"""Where the error of a condition's methods comes from: rows for the tables, parts of the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from landmarks.analysis import runs as on_disk
from landmarks.analysis.codec_settings import codec_from, codec_of_size
from landmarks.analysis.decomposition import (
    CropPlaces,
    ErrorTerms,
    GroupError,
    LandmarkError,
    ResolutionPoint,
    error_terms,
    group_errors,
    landmark_errors,
    mean_face,
    simulated_points,
)
from landmarks.analysis.figures import (
    groups_alt,
    groups_figure,
    mean_face_alt,
    mean_face_difference_figure,
    mean_face_figure,
    terms_alt,
    terms_figure,
)
from landmarks.analysis.publishing.subject import Subject
from landmarks.analysis.report.content import Exhibit, Plot
from landmarks.analysis.report.exhibits import groups_exhibit, landmark_exhibit, terms_exhibit
from landmarks.analysis.report.tables import best_method
from landmarks.codecs.base import Codec
from landmarks.commands.train import build
from landmarks.results import FaceResults


@dataclass(frozen=True)
class Decomposition:
    """Where the error of one condition's methods comes from.

    Attributes:
        terms: Crop, encode, decode and network, of what was trained here.
        groups: By parts of the face and groups of faces.
        points: By landmark.
        simulated: At the other sizes of the heatmap.
    """

    terms: Sequence[ErrorTerms]
    groups: Sequence[GroupError]
    points: Sequence[LandmarkError]
    simulated: Sequence[ResolutionPoint]


def decompose(subject: Subject) -> Decomposition:
    """Measures where the error comes from.

    Args:
        subject: What is told of.
    """
    protocol = subject.protocol.name
    facts = subject.planned.facts
    terms: list[ErrorTerms] = []
    simulated: list[ResolutionPoint] = []
    if subject.trained:
        data = build(subject.planned.runs[0].settings).datamodule
        data.setup("test")
        crops = CropPlaces.of(data)
        codecs: dict[str, Codec] = {}
        for run in subject.planned.runs:
            if run.method in codecs:
                continue
            settings = run.resolved["model"]["codec"]
            make = partial(codec_of_size, settings, facts.markup, data.crop_size)
            codecs[run.method] = codec_from(settings, facts.markup, data.crop_size)
            simulated += simulated_points(
                [own for own in subject.trained if own.method == run.method],
                codecs[run.method],
                make,
                crops,
                protocol,
            )
        halves: dict[tuple[str, int | None], dict[str, FaceResults]] = {}
        for run in subject.planned.runs:
            found = on_disk.load_half_resolution(run)
            if found:
                halves[run.method, run.seed] = found
        terms = error_terms(subject.trained, codecs, crops, protocol, halves)
    return Decomposition(
        terms,
        group_errors(subject.tested, facts),
        landmark_errors(subject.tested, facts.markup, protocol),
        simulated,
    )


def decomposition_exhibits(subject: Subject, found: Decomposition) -> list[Exhibit]:
    """The parts of the report on where the error of the main split comes from."""
    split = subject.splits[0]
    looks, error_name = subject.looks, subject.error_name
    exhibits = []
    terms = [one for one in found.terms if one.split == split]
    if terms:
        plot = Plot(terms_figure(terms, error_name, looks), terms_alt(terms))
        exhibits.append(terms_exhibit(terms, [plot]))
    groups = [one for one in found.groups if one.split == split]
    if groups:
        plot = Plot(groups_figure(groups, error_name, looks), groups_alt(groups))
        exhibits.append(groups_exhibit(groups, [plot]))
    points = [one for one in found.points if one.split == split]
    markup = subject.planned.facts.markup
    if points and markup.parts:
        errors = {
            method: np.array(
                [
                    next(
                        (
                            one.nme.value
                            for one in points
                            if (one.method, one.point) == (method, place)
                        ),
                        np.nan,
                    )
                    for place in range(markup.count)
                ]
            )
            for method in subject.methods
        }
        shape = mean_face(subject.tested[0].splits[split], markup)
        parts = markup.parts
        plots = [
            Plot(
                mean_face_figure(errors, shape, parts, error_name),
                mean_face_alt(errors, parts),
            )
        ]
        if len(errors) > 1:
            best = best_method(subject.scores[split])
            less = {method: own - errors[best] for method, own in errors.items() if method != best}
            plots.append(
                Plot(
                    mean_face_difference_figure(errors, best, shape, parts, error_name),
                    f"Less the error of {best}. {mean_face_alt(less, parts)}",
                    f"Each method's error less that of {best}.",
                )
            )
        exhibits.append(landmark_exhibit(points, plots))
    return exhibits
