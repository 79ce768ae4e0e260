"""What a test run found, face by face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from landmarks.benchmarks.base import Facts
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.files import complete_file
from landmarks.metrics.calibration import Calibration, calibration, fitted_temperature
from landmarks.metrics.functional import failure_rate, mean_error, normalised_mean_error
from landmarks.metrics.protocol import Protocol
from landmarks.points_file import points_file_name, read_points_file

ALL = "all"
"""What tables call the faces of a whole split, where a subset's name would stand."""


class Score(NamedTuple):
    """The scores of a set of faces under one protocol, in per cent.

    Attributes:
        protocol: The protocol's name.
        nme: Mean of the faces' NME.
        fr: Share of the faces above the protocol's failure threshold.
        auc: Area under the CED up to the protocol's AUC threshold, by the protocol's rule.
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
            claims them: before any temperature. None where the method claims none.
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
    covariances_photo: Float[np.ndarray, "N K 2 2"] | None
    true_points_photo: Float[np.ndarray, "N K 2"]
    normalisers: Mapping[str, Float[np.ndarray, " N"]]
    nme: Mapping[str, Float[np.ndarray, " N"]]

    @classmethod
    def measure(
        cls,
        truth: EvaluationSet,
        face: Int64[Tensor, " N"],
        points_photo: Float[Tensor, "N K 2"],
        covariances_photo: Float[Tensor, "N K 2 2"] | None = None,
    ) -> "FaceResults":
        """Measures predicted points under every protocol of the faces.

        Args:
            truth: The faces, of which some or all were predicted.
            face: (N,) the predicted faces' places in it, ascending.
            points_photo: (N, K, 2) predicted, photo pixels; a point that is not finite makes the
                face's error infinite.
            covariances_photo: (N, K, 2, 2) of the predicted points, square photo pixels, if the
                method claims any.
        """
        true_points = truth.points_photo[face]
        normalisers = {
            protocol.name: truth.normalisers[face, i] for i, protocol in enumerate(truth.protocols)
        }
        records = [truth.records[i] for i in face.tolist()]
        return cls(
            split=truth.split,
            face=face.numpy(),
            photo=tuple(record.photo.name for record in records),
            subsets=tuple(tuple(sorted(record.subsets)) for record in records),
            points_photo=points_photo.numpy(),
            covariances_photo=None if covariances_photo is None else covariances_photo.numpy(),
            true_points_photo=true_points.numpy(),
            normalisers={name: distance.numpy() for name, distance in normalisers.items()},
            nme={
                name: normalised_mean_error(points_photo, true_points, distance).numpy()
                for name, distance in normalisers.items()
            },
        )

    def subset(self, name: str) -> "FaceResults":
        """The faces of one of the benchmark's subsets, or of the whole split for `ALL`.

        Raises:
            ValueError: If no face is in it.
        """
        if name == ALL:
            return self
        rows = np.array([name in names for names in self.subsets], dtype=bool)
        if not rows.any():
            raise ValueError(f"no face of {self.split} is in the subset {name!r}")
        claimed = self.covariances_photo
        return replace(
            self,
            face=self.face[rows],
            photo=tuple(np.array(self.photo)[rows].tolist()),
            subsets=tuple(names for names in self.subsets if name in names),
            points_photo=self.points_photo[rows],
            covariances_photo=None if claimed is None else claimed[rows],
            true_points_photo=self.true_points_photo[rows],
            normalisers={protocol: own[rows] for protocol, own in self.normalisers.items()},
            nme={protocol: own[rows] for protocol, own in self.nme.items()},
        )

    def subset_names(self, facts: Facts) -> list[str]:
        """`ALL`, then the subsets that any face is in, in the benchmark's order."""
        there = {name for names in self.subsets for name in names}
        listed = [name for name in facts.subsets if name in there]
        return [ALL, *listed, *sorted(there.difference(listed))]

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

    def scores_table(self, facts: Facts) -> polars.DataFrame:
        """A row for each subset and protocol: split, subset, protocol, faces; NME, FR, AUC in %.

        The whole split comes first, as the subset `ALL`.
        """
        rows = []
        for name in self.subset_names(facts):
            part = self.subset(name)
            rows += [
                (self.split, name, score.protocol, len(part.face), score.nme, score.fr, score.auc)
                for score in part.scores(facts.protocols)
            ]
        columns = ["split", "subset", "protocol", "faces", "nme", "fr", "auc"]
        return polars.DataFrame(rows, schema=columns, orient="row")

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

        Raises:
            ValueError: If the method claims no covariances.
        """
        if self.covariances_photo is None:
            raise ValueError(
                f"the predictions for {self.split} come without covariances, so that they claim "
                "nothing of their own errors"
            )
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
            ValueError: If a covariance is not positive definite, or the method claims none.
        """
        return calibration(*self.claims(protocol, temperature))

    def fitted_temperature(self) -> float:
        """The factor on the covariances under which these faces' errors are likeliest.

        It does not depend on the normaliser, which divides errors and spreads alike.

        Raises:
            ValueError: If a covariance is not positive definite, or the method claims none.
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

    def save(self, folder: Path) -> Path:
        """Writes ``points-<split>.npz``, from which `load` reads the same results.

        Returns:
            The file.
        """
        claimed = self.covariances_photo
        file = folder / points_file_name(self.split)
        arrays = {
            "split": np.array(self.split),
            "face": self.face,
            "photo": np.array(self.photo),
            "subsets": np.array([",".join(names) for names in self.subsets]),
            "points_photo": self.points_photo,
            "true_points_photo": self.true_points_photo,
            "protocols": np.array(list(self.nme)),
            "normalisers": np.array([self.normalisers[protocol] for protocol in self.nme]),
            "nme": np.array(list(self.nme.values())),
        }
        if claimed is not None:
            arrays["covariances_photo"] = claimed
        with complete_file(file) as unfinished:
            np.savez_compressed(unfinished, allow_pickle=False, **arrays)
        return file

    @classmethod
    def load(cls, path: Path) -> "FaceResults":
        """Reads what `save` wrote; without covariances if there were none.

        Raises:
            DataError: If the file is missing, damaged, or something else.
        """
        found = read_points_file(path)
        protocols = [str(protocol) for protocol in found["protocols"]]
        return cls(
            split=str(found["split"]),
            face=found["face"],
            photo=tuple(map(str, found["photo"])),
            subsets=tuple(tuple(filter(None, str(n).split(","))) for n in found["subsets"]),
            points_photo=found["points_photo"],
            covariances_photo=found.get("covariances_photo"),
            true_points_photo=found["true_points_photo"],
            normalisers=dict(zip(protocols, found["normalisers"], strict=True)),
            nme=dict(zip(protocols, found["nme"], strict=True)),
        )
