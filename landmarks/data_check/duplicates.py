"""The same face twice: identical pictures, and pictures that only look the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import final

import cv2
import numpy as np
from jaxtyping import Float, Int64, UInt8, UInt64

from landmarks.data_check.base import Check
from landmarks.data_check.faces import Face, Faces
from landmarks.data_check.finding import DUPLICATE, LEAK, SHARED_PICTURE, Finding, Kind, Shown
from landmarks.data_check.pictures import Signatures

_BITS = 80
"""Hashes of 256 bits that differ in more are not looked at further."""

_ALIKE = 0.965
"""Windows that correlate at least so well show one face of one picture, or of one moment."""

_NEAR_BITS, _NEAR_ALIKE = 40, 0.90
"""Where the hashes differ in so few bits, a lower correlation will do."""

_ROUGHLY_ALIKE = 0.8
_SHIFT = 3
"""How far the windows are first moved over one another, in pixels of the thumbnail either way."""

_MOST_STRETCHED = 0.15
"""An affine that departs further from the identity has found something else."""

_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)

_OVERLAP = 0.5
"""Intersection over union from which two landmark boxes of one picture are the same face."""

_ROWS = 128
_PARTNERS = 50
"""Partners that are kept of one face: with thousands alike, the chain holds them together."""


@final
class Duplicates(Check):
    """Compares each face with all others.

    Pictures whose decoded pixels are identical are one picture; two of its faces are one if their
    landmark boxes overlap by more than half. Pictures that were compressed again, resized or cut
    otherwise are found by a perceptual hash of the face's window (256 bits, `imagehash.phash`), and
    what is near by that is confirmed by the correlation of the two windows, one brought over the
    other (`likeness`). Windows follow the landmarks, so that several faces of one photo are not
    duplicates of each other, and one face in two photos that were cut differently is. Two shots of
    one moment cannot be told from one picture compressed twice.
    """

    def __call__(self, faces: Faces, signatures: Signatures) -> Sequence[Finding]:
        """One finding for each face that repeats another; train against test first."""
        groups = _Groups(len(faces.faces))
        shared: list[tuple[int, int]] = []
        for first, second in _of_one_picture(faces, signatures.digests):
            if _overlap(faces.points_photo[first], faces.points_photo[second]) > _OVERLAP:
                groups.join(first, second)
            elif _between(faces, first, second):
                shared.append((first, second))
        places = np.flatnonzero(signatures.comparable)
        for block in near_pairs(signatures.hashes[places], _BITS):
            for first, second in places[block].tolist():
                if _is_one(signatures, first, second):
                    groups.join(first, second)
        findings = [
            finding for group in groups for finding in _of_a_group(faces, signatures, group)
        ]
        findings += [
            _listed_twice(faces.faces[place])
            for place in range(len(faces.faces))
            if faces.is_training(faces.faces[place]) and faces.is_test(faces.faces[place])
        ]
        findings += _shared(faces, shared)
        return findings


def near_pairs(hashes: UInt64[np.ndarray, "N W"], bits: int) -> Iterator[Int64[np.ndarray, "M 2"]]:
    """Pairs ``i < j`` of hashes that differ in at most so many bits, block by block.

    All pairs are looked at, 64 bits at a time: 60,000 faces take some ten seconds and 100 MB.

    >>> [block.tolist() for block in near_pairs(np.array([[0], [7], [1]], np.uint64), 1)]
    [[[0, 2]]]
    """
    words = np.ascontiguousarray(hashes.T)
    for start in range(0, len(hashes), _ROWS):
        rows = words[:, start : start + _ROWS, None]
        distance = np.zeros((rows.shape[1], len(hashes) - start), np.uint16)
        for word, row in zip(words, rows, strict=True):
            distance += np.bitwise_count(row ^ word[None, start:])
        # Each pair once: above the diagonal.
        near = np.triu(distance <= bits, k=1)
        crowded = near.sum(axis=1) > _PARTNERS
        near[crowded] &= near[crowded].cumsum(axis=1) <= _PARTNERS
        pairs = np.argwhere(near) + start
        if len(pairs):
            yield pairs.astype(np.int64)


def likeness(one: UInt8[np.ndarray, "h w"], other: UInt8[np.ndarray, "h w"]) -> float:
    """The correlation of two windows, one brought over the other; 0 where they are quite unlike.

    The windows follow the landmarks, which two annotators set differently: an affine near the
    identity is found that maximises the enhanced correlation coefficient (Evangelidis and Psarakis
    2008, https://doi.org/10.1109/TPAMI.2008.113; `cv2.findTransformECC`).
    """
    inner = one[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT]
    rough = float(cv2.matchTemplate(other, inner, cv2.TM_CCOEFF_NORMED).max())
    if not rough >= _ROUGHLY_ALIKE:
        return 0.0
    affine = np.eye(2, 3, dtype=np.float32)
    try:
        fine, affine = cv2.findTransformECC(one, other, affine, cv2.MOTION_AFFINE, _STEPS, None, 3)
    except cv2.error:  # it did not converge
        return rough
    stretched = float(np.abs(affine[:, :2] - np.eye(2)).max())
    return rough if stretched > _MOST_STRETCHED else max(rough, float(fine))


def _is_one(signatures: Signatures, first: int, second: int) -> bool:
    alike = likeness(signatures.thumbnails[first], signatures.thumbnails[second])
    bits = np.bitwise_count(signatures.hashes[first] ^ signatures.hashes[second]).sum()
    return alike >= (_NEAR_ALIKE if bits <= _NEAR_BITS else _ALIKE)


class _Groups:
    """Places that belong together, through others if need be."""

    def __init__(self, count: int) -> None:
        self._root = list(range(count))

    def join(self, first: int, second: int) -> None:
        one, other = self._find(first), self._find(second)
        self._root[max(one, other)] = min(one, other)

    def __iter__(self) -> Iterator[list[int]]:
        groups = defaultdict(list)
        for place in range(len(self._root)):
            groups[self._find(place)].append(place)
        return (group for group in groups.values() if len(group) > 1)

    def _find(self, place: int) -> int:
        while self._root[place] != place:
            self._root[place] = self._root[self._root[place]]
            place = self._root[place]
        return place


def _of_one_picture(faces: Faces, digests: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    pictures = defaultdict(list)
    for place, face in enumerate(faces.faces):
        # A picture that could not be read is still the same as itself.
        pictures[digests[place] or face.name.encode()].append(place)
    for places in pictures.values():
        for i, first in enumerate(places):
            for second in places[i + 1 : i + 1 + _PARTNERS]:
                yield first, second


def _overlap(one: Float[np.ndarray, "K 2"], other: Float[np.ndarray, "K 2"]) -> float:
    """Intersection over union of two tight boxes; 0 where one has no area."""
    if np.isnan(one).all() or np.isnan(other).all():
        return 0.0
    low = np.maximum(np.nanmin(one, axis=0), np.nanmin(other, axis=0))
    high = np.minimum(np.nanmax(one, axis=0), np.nanmax(other, axis=0))
    common = float(np.prod(np.maximum(high - low, 0)))
    areas = [float(np.prod(np.nanmax(p, axis=0) - np.nanmin(p, axis=0))) for p in (one, other)]
    union = sum(areas) - common
    return common / union if union > 0 else 0.0


def _between(faces: Faces, first: int, second: int) -> bool:
    """Whether one is trained on and the other tested on."""
    one, other = faces.faces[first], faces.faces[second]
    return faces.is_training(one) != faces.is_training(other)


def _of_a_group(faces: Faces, signatures: Signatures, group: Sequence[int]) -> Iterator[Finding]:
    trained = [place for place in group if faces.is_training(faces.faces[place])]
    tested = [place for place in group if not faces.is_training(faces.faces[place])]
    if trained:
        for place in tested:
            yield _repeated(LEAK, faces, signatures, place, trained[0])
    for side in (trained, tested):
        for place in side[1:]:
            yield _repeated(DUPLICATE, faces, signatures, place, side[0])


def _repeated(
    kind: Kind, faces: Faces, signatures: Signatures, place: int, original: int
) -> Finding:
    face, first = faces.faces[place], faces.faces[original]
    identical = (
        signatures.digests[place] != b""
        and signatures.digests[place] == signatures.digests[original]
    )
    alike = 0.0
    if signatures.comparable[place] and signatures.comparable[original]:
        alike = likeness(signatures.thumbnails[original], signatures.thumbnails[place])
    how = "identical pixels" if identical else f"correlation {alike:.3f}"
    return Finding(
        kind,
        _splits([face, first]),
        face.name,
        face.file,
        face.line,
        f"the same face as {first.name} ({', '.join(first.splits)}): {how}",
        "a face of its own",
        2.0 if identical else alike,
        (Shown(first.record, _caption(first)), Shown(face.record, _caption(face))),
    )


def _listed_twice(face: Face) -> Finding:
    return Finding(
        LEAK,
        ", ".join(face.splits),
        face.name,
        face.file,
        face.line,
        f"one face in the splits {', '.join(face.splits)}",
        "a face that is either trained or tested on",
        3.0,
        (Shown(face.record, _caption(face)),),
    )


def _shared(faces: Faces, pairs: Iterable[tuple[int, int]]) -> Iterator[Finding]:
    seen = set()
    for first, second in pairs:
        one, other = faces.faces[first], faces.faces[second]
        trained, tested = (one, other) if faces.is_training(one) else (other, one)
        if (trained.name, tested.name) in seen:
            continue
        seen.add((trained.name, tested.name))
        yield Finding(
            SHARED_PICTURE,
            _splits([tested, trained]),
            tested.name,
            tested.file,
            tested.line,
            f"the same picture as {trained.name} ({', '.join(trained.splits)}), another face",
            "pictures that are either trained or tested on",
        )


def _caption(face: Face) -> str:
    return f"{face.name} ({', '.join(face.splits)})"


def _splits(faces: Sequence[Face]) -> str:
    return ", ".join(dict.fromkeys(split for face in faces for split in face.splits))


__all__ = ["Duplicates", "likeness", "near_pairs"]
