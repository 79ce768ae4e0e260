"""What a check finds, and which findings are errors."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from landmarks.batch import Record


@dataclass(frozen=True)
class Kind:
    """A kind of finding.

    Attributes:
        name: As it stands in ``check.csv`` and in ``--accept``.
        title: For people.
        is_error: Whether such a finding means that not all is well.
        meaning: What it means and what to do, in a sentence or two.
    """

    name: str
    title: str
    is_error: bool
    meaning: str


UNREADABLE = Kind(
    "unreadable",
    "Missing or unreadable",
    True,
    "An annotation or a picture that cannot be read; training would stop here.",
)
DAMAGED = Kind(
    "damaged_picture",
    "Damaged pictures",
    True,
    "The file has a beginning and an end, but what lies between does not decode without errors: "
    "a part of the picture is garbage, which training would not notice.",
)
COUNT = Kind(
    "count",
    "Counts that differ from the published ones",
    True,
    "Results on another set of faces cannot be compared with published ones. --partial accepts "
    "fewer faces.",
)
FEWER = Kind(
    "fewer",
    "Fewer faces than published",
    False,
    "Accepted by --partial; results on a part cannot be compared with published ones.",
)
LEAK = Kind(
    "leak",
    "The same face in train and test",
    True,
    "What a network has been trained on tests nothing. Leave the face out on one side.",
)
DUPLICATE = Kind(
    "duplicate",
    "The same face twice",
    True,
    "A face that counts twice. If the benchmark's owners distribute it so, accept it: "
    "--accept duplicate.",
)
SHARED_PICTURE = Kind(
    "shared_picture",
    "Another face of the same picture in train and test",
    False,
    "The picture is known from training, the face is not.",
)
NO_POINTS = Kind(
    "no_points",
    "Faces without points",
    True,
    "Fewer than two points, or all on one spot: the face has no place and no size.",
)
MISSING = Kind(
    "missing_points",
    "Missing points",
    False,
    "Points that are not annotated; they are neither learnt nor measured.",
)
OUTSIDE = Kind(
    "outside",
    "Points outside the picture",
    False,
    "Usual where faces are cut off by the picture's edge.",
)
FAR_OUTSIDE = Kind(
    "far_outside",
    "Points far outside the picture",
    True,
    "Farther outside than half the face's own size: the annotation of another picture, or of "
    "another size of this one.",
)
NO_BOX = Kind(
    "no_box",
    "Faces without a box",
    False,
    "Other faces of the split come with one; crops and normalisers by box cannot use this one.",
)
BAD_BOX = Kind(
    "bad_box",
    "Boxes inside out or without area",
    True,
    "The right edge must lie right of the left one, the lower one below the upper one.",
)
BOX_AWAY = Kind(
    "box_away",
    "Boxes far from the points",
    True,
    "Less than half of the face's points lie in the box: it is the box of another face, or its "
    "columns are mixed up.",
)
MIRRORED = Kind(
    "mirrored",
    "Mirrored wrongly",
    True,
    "The points fit a face better in their mirrored order: the picture was mirrored and the order "
    "was not, or the other way round.",
)
MIRROR_TABLE = Kind(
    "mirror_table",
    "Mirror pairs that do not mirror each other",
    True,
    "The mean shape of the faces is not its own mirror image under the markup's pairs, and would "
    "be with others. Training with flips would teach these points wrongly.",
)
GROSS = Kind(
    "gross_points",
    "Points set wrongly",
    True,
    "Far from where the face's other points put them, farther than hardly any true annotation.",
)
SUSPICIOUS = Kind(
    "suspicious_points",
    "Suspicious points",
    False,
    "Strange beside the other points of the face and the other faces. True faces are among them: "
    "look at each.",
)
UNUSED_PICTURE = Kind(
    "unused_picture",
    "Pictures that no face of these splits belongs to",
    False,
    "They lie beside pictures that are used.",
)

KINDS: tuple[Kind, ...] = (
    UNREADABLE, DAMAGED, COUNT, LEAK, DUPLICATE, NO_POINTS, FAR_OUTSIDE, BAD_BOX, BOX_AWAY,
    MIRRORED, MIRROR_TABLE, GROSS, SUSPICIOUS, SHARED_PICTURE, FEWER, UNUSED_PICTURE, OUTSIDE,
    MISSING, NO_BOX,
)  # fmt: skip
"""Every kind, in the order of the report."""


class Shown(NamedTuple):
    """A face to be drawn with a finding.

    Attributes:
        record: The face.
        caption: What it is.
        marked: Indices of points to number.
        expected: (K, 2) where the points were expected, photo pixels, if that is known.
    """

    record: Record
    caption: str
    marked: tuple[int, ...] = ()
    expected: Float[np.ndarray, "K 2"] | None = None


class Finding(NamedTuple):
    """One thing that is not as it should be, or worth a look.

    Attributes:
        kind: Its kind.
        split: Split or splits that it concerns.
        face: Short name of the picture, or empty.
        file: The file that it is about: the annotation where it is known, else the picture.
        line: The line or row there, from 1.
        value: What was found.
        expected: What was expected.
        rank: The larger, the earlier it stands among its kind.
        shown: Faces to draw with it.
    """

    kind: Kind
    split: str
    face: str
    file: Path | None
    line: int | None
    value: str
    expected: str
    rank: float = 0.0
    shown: tuple[Shown, ...] = ()

    @property
    def place(self) -> str:
        """File and line, or as much of it as is known."""
        file = self.face if self.file is None else str(self.file)
        return file if self.line is None else f"{file}, line {self.line}"


__all__ = ["KINDS", "Finding", "Kind", "Shown"]
