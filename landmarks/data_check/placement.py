"""Points that are missing, or lie outside the picture."""

from collections.abc import Sequence
from typing import final

import numpy as np
import torch

from landmarks.data_check.base import Check
from landmarks.data_check.faces import Faces
from landmarks.data_check.finding import (
    FAR_OUTSIDE,
    MISSING,
    NO_POINTS,
    OUTSIDE,
    Finding,
    Shown,
)
from landmarks.data_check.pictures import Signatures
from landmarks.geometry import Size, kept_inside

_FAR = 0.5
"""Farther outside the picture than this many times the face's size is an error."""


@final
class Placement(Check):
    """Counts each face's missing points, and measures how far points lie outside the picture."""

    def __call__(self, faces: Faces, signatures: Signatures) -> Sequence[Finding]:
        """At most two findings a face."""
        findings = []
        for face, size in zip(faces.faces, signatures.sizes.tolist(), strict=True):
            points = face.record.points_photo
            there = ~np.isnan(points).any(axis=1)
            name, split = face.name, ", ".join(face.splits)
            placed = points[there]
            face_size = float(np.ptp(placed, axis=0).max()) if len(placed) else 0.0
            if face_size == 0:
                value = f"{len(placed)} points" if len(placed) < 2 else "all points on one spot"
                findings.append(
                    Finding(
                        NO_POINTS,
                        split,
                        name,
                        face.file,
                        face.line,
                        value,
                        f"{len(points)} points",
                    )
                )
                continue
            if len(placed) < len(points):
                gone = np.flatnonzero(~there).tolist()
                findings.append(
                    Finding(
                        MISSING,
                        split,
                        name,
                        face.file,
                        face.line,
                        f"{len(gone)} of {len(points)} points missing: {_few(gone)}",
                        f"{len(points)} points",
                        len(gone),
                    )
                )
            if np.isnan(size).any():
                continue
            picture = Size(int(size[0]), int(size[1]))
            nearest = kept_inside(torch.from_numpy(placed), picture).numpy()
            away = np.linalg.norm(placed - nearest, axis=1)
            if not away.any():
                continue
            outside = np.flatnonzero(there)[away > 0]
            far = float(away.max())
            findings.append(
                Finding(
                    FAR_OUTSIDE if far > _FAR * face_size else OUTSIDE,
                    split,
                    name,
                    face.file,
                    face.line,
                    f"{len(outside)} points outside the picture, up to {far:.1f} px: "
                    f"{_few(outside.tolist())}",
                    f"points on the picture of {picture.width} × {picture.height} px",
                    far,
                    (Shown(face.record, f"{name}: {far:.1f} px", tuple(outside.tolist())),),
                )
            )
        return findings


def _few(indices: Sequence[int]) -> str:
    text = ", ".join(map(str, indices[:12]))
    return text + (", …" if len(indices) > 12 else "")


__all__ = ["Placement"]
