"""What a test run found, face by face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from landmarks.errors import DataError
from landmarks.files import complete_file
from landmarks.metrics.calibration import Calibration, calibration, fitted_temperature
from landmarks.metrics.functional import failure_rate, mean_error
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
    """Predictions, truth and errors of one split, every face once, in the split's order.

    Attributes:
        split: Name of the split.
        face: (N,) each face's place in the split.
        photo: Name of each face's picture.
        subsets: The benchmark's subsets that each face belongs to.
        points_photo: (N, K, 2) predicted, photo pixels.
        covariances_photo: (N, K, 2, 2) of the predicted points, square photo pixels, as the codec
            claims them: before any temperature.
        true_points_photo: (N, K, 2) photo pixels; NaN where a point is not annotated.
        normalisers: For each protocol, by name: (N,) the distance that each face's error is divided
            by, photo pixels.
        nme: For each protocol, by name: (N,) each face's NME, as a fraction.
    """

    split: str
    face: Int64[np.ndarray, " N"]
    photo: tuple[str, ...]
    subsets: tuple[tuple[str, ...], ...]
    points_photo: Float[np.ndarray, "N K 2"]
    covariances_photo: Float[np.ndarray, "N K 2 2"]
    true_points_photo: Float[np.ndarray, "N K 2"]
    normalisers: Mapping[str, Float[np.ndarray, " N"]]
    nme: Mapping[str, Float[np.ndarray, " N"]]

    def scores(self, protocols: Sequence[Protocol]) -> list[Score]:
        """NME, FR and AUC under each protocol, in per cent."""
        scores = []
        for protocol in protocols:
            nme = torch.from_numpy(self.nme[protocol.name])
            fr = failure_rate(nme, protocol.failure_threshold)
            auc = protocol.area(nme, protocol.auc_threshold)
            percent = (100 * float(value) for value in (mean_error(nme), fr, auc))
            scores.append(Score(protocol.name, *percent))
        return scores

    def claims(
        self, protocol: str, temperature: float = 1.0
    ) -> tuple[Float64[Tensor, "M 2"], Float64[Tensor, "M 2 2"]]:
        """Every point's error and the covariance that was claimed for it, face by face.

        Args:
            protocol: Name of the protocol whose normaliser both are divided by.
            temperature: Factor on the covariances.

        Returns:
            (N·K, 2) predicted minus true, in per cent of the normaliser, as the NME is; NaN where
            a point is not annotated, infinite where a prediction is not finite. (N·K, 2, 2)
            covariances in the square of that unit.
        """
        unit = self.normalisers[protocol][:, None, None] / 100
        lost = ~np.isfinite(self.points_photo).all(axis=-1, keepdims=True)
        missing = np.isnan(self.true_points_photo).any(axis=-1, keepdims=True)
        errors = np.where(lost, np.inf, self.points_photo - self.true_points_photo) / unit
        covariances = temperature * self.covariances_photo / unit[..., None] ** 2
        return (
            torch.from_numpy(np.where(missing, np.nan, errors)).flatten(0, 1),
            torch.from_numpy(covariances).flatten(0, 1),
        )

    def calibration(self, protocol: str, temperature: float = 1.0) -> Calibration:
        """How well the claimed covariances describe the errors of all annotated points.

        Args:
            protocol: Name of the protocol: errors are in per cent of its normaliser, as the NME is.
            temperature: Factor on the covariances, fitted on other faces than these.

        Raises:
            ValueError: If a covariance is not positive definite.
        """
        return calibration(*self.claims(protocol, temperature))

    def fitted_temperature(self) -> float:
        """The factor on the covariances under which these faces' errors are likeliest.

        It does not depend on the normaliser, which divides errors and spreads alike.

        Raises:
            ValueError: If a covariance is not positive definite.
        """
        return fitted_temperature(*self.claims(next(iter(self.normalisers))))

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
                covariances_photo=self.covariances_photo,
                true_points_photo=self.true_points_photo,
                protocols=np.array(list(self.nme)),
                normalisers=np.array([self.normalisers[protocol] for protocol in self.nme]),
                nme=np.array(list(self.nme.values())),
            )

    @classmethod
    def load(cls, path: Path) -> "FaceResults":
        """Reads what `save` wrote.

        Raises:
            DataError: If an earlier version wrote the file, without covariances.
        """
        with np.load(path, allow_pickle=False) as file:
            if "covariances_photo" not in file:
                raise DataError(
                    "the file holds points without covariances, as earlier versions wrote it; "
                    "delete it and test the checkpoint again",
                    file=path,
                )
            protocols = [str(protocol) for protocol in file["protocols"]]
            return cls(
                split=str(file["split"]),
                face=file["face"],
                photo=tuple(map(str, file["photo"])),
                subsets=tuple(tuple(filter(None, str(n).split(","))) for n in file["subsets"]),
                points_photo=file["points_photo"],
                covariances_photo=file["covariances_photo"],
                true_points_photo=file["true_points_photo"],
                normalisers=dict(zip(protocols, file["normalisers"], strict=True)),
                nme=dict(zip(protocols, file["nme"], strict=True)),
            )
