"""A method's test, as tables, statistics and figures are given it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from landmarks.analysis.diary import EpochRow
from landmarks.results import FaceResults


@dataclass(frozen=True)
class MeasuredRun:
    """A method under one condition and one seed, tested.

    Attributes:
        method: Its name in the experiment file.
        levels: The level of each axis of the matrix, by the axis; empty without a matrix.
        seed: Of its training; None for the predictions of another program.
        splits: What the test found, by split.
        training: Name of the training's folder; methods that differ in decoding alone share one.
            None for the predictions of another program.
        parameters: Number of the network's parameters; None where it is not known.
        network_ms: Time that the network takes for one face, in milliseconds.
        decode_ms: Time of decoding one face, without the network, in milliseconds.
        temperature: Factor on the predicted covariances, fitted on the held-out faces; None where
            no face was held out, or nothing is predicted.
        epochs: Its training, epoch by epoch.
    """

    method: str
    levels: Mapping[str, str]
    seed: int | None
    splits: Mapping[str, FaceResults]
    training: str | None
    parameters: int | None
    network_ms: float | None
    decode_ms: float | None
    temperature: float | None
    epochs: Sequence[EpochRow] = ()
