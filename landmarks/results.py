"""What a test run found, face by face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars
import torch
from jaxtyping import Float, Int64

from landmarks.files import complete_file
from landmarks.metrics.functional import area_under_ced, failure_rate
from landmarks.metrics.protocol import Protocol


class Score(NamedTuple):
    """A split's scores under one protocol, in per cent.

    Attributes:
        protocol: The protocol's name.
        nme: Mean of the faces' NME.
        fr: Share of the faces above the protocol's failure threshold.
        auc: Area under the CED up to the protocol's AUC threshold.
    """

    protocol: str
    nme: float
    fr: float
    auc: float


@dataclass(frozen=True)
class FaceResults:
    """Predictions and errors of one split, every face once, in the split's order.

    Attributes:
        split: Name of the split.
        face: (N,) each face's place in the split.
        photo: Name of each face's picture.
        subsets: The benchmark's subsets that each face belongs to.
        points_photo: (N, K, 2) predicted, photo pixels.
        nme: For each protocol, by name: (N,) each face's NME, as a fraction.
    """

    split: str
    face: Int64[np.ndarray, " N"]
    photo: tuple[str, ...]
    subsets: tuple[tuple[str, ...], ...]
    points_photo: Float[np.ndarray, "N K 2"]
    nme: Mapping[str, Float[np.ndarray, " N"]]

    def scores(self, protocols: Sequence[Protocol]) -> list[Score]:
        """NME, FR and AUC under each protocol, in per cent."""
        scores = []
        for protocol in protocols:
            nme = torch.from_numpy(self.nme[protocol.name])
            fr = failure_rate(nme, protocol.failure_threshold)
            auc = area_under_ced(nme, protocol.auc_threshold)
            percent = (100 * float(value) for value in (nme.mean(), fr, auc))
            scores.append(Score(protocol.name, *percent))
        return scores

    def table(self) -> polars.DataFrame:
        """A row a face: split, face, photo, and the NME in per cent under each protocol."""
        columns: dict[str, object] = {
            "split": [self.split] * len(self.face),
            "face": self.face,
            "photo": self.photo,
        }
        columns |= {protocol: 100 * nme for protocol, nme in self.nme.items()}
        return polars.DataFrame(columns)

    def save(self, folder: Path) -> None:
        """Writes ``points-<split>.npz``, from which `load` reads the same results."""
        name = self.split.replace("/", "-")
        with complete_file(folder / f"points-{name}.npz") as unfinished:
            np.savez_compressed(
                unfinished,
                split=np.array(self.split),
                face=self.face,
                photo=np.array(self.photo),
                subsets=np.array([",".join(names) for names in self.subsets]),
                points_photo=self.points_photo,
                protocols=np.array(list(self.nme)),
                nme=np.array(list(self.nme.values())),
            )

    @classmethod
    def load(cls, path: Path) -> "FaceResults":
        """Reads what `save` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(
                split=str(file["split"]),
                face=file["face"],
                photo=tuple(map(str, file["photo"])),
                subsets=tuple(tuple(filter(None, str(n).split(","))) for n in file["subsets"]),
                points_photo=file["points_photo"],
                nme={
                    str(protocol): nme
                    for protocol, nme in zip(file["protocols"], file["nme"], strict=True)
                },
            )
