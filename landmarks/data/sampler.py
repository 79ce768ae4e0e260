"""Which faces come when: the same order on any number of devices."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from torch.utils.data import Dataset, DistributedSampler

Draw = tuple[int, int]
"""(epoch, face): all that a sample depends on, beside the seed."""


class TrainingSampler(DistributedSampler[Draw]):
    """Shuffles faces by (seed, epoch) and deals each global batch to the devices.

    With ``R`` devices of ``batch_size / R`` faces each, the devices together see in step ``i``
    exactly the faces that one device would have seen. Faces that do not fill a last batch sit out
    the epoch.

    It is a `DistributedSampler`, so that Lightning leaves it in place and tells it the epoch.

    Args:
        faces: Number of training faces.
        batch_size: Faces a step on all devices together.
        seed: Of the order.
        devices: Number of devices.
        device: This device's rank.

    Raises:
        ValueError: If a batch cannot be filled or dealt evenly.

    >>> list(TrainingSampler(4, batch_size=2, seed=0))
    [(0, 2), (0, 0), (0, 1), (0, 3)]
    >>> list(TrainingSampler(4, batch_size=2, seed=0, devices=2, device=1))
    [(0, 0), (0, 3)]
    """

    def __init__(
        self, faces: int, batch_size: int, seed: int, devices: int = 1, device: int = 0
    ) -> None:
        if batch_size > faces:
            raise ValueError(
                f"batch_size {batch_size} is larger than the {faces} training faces; "
                f"choose at most {faces}"
            )
        if batch_size % devices:
            raise ValueError(
                f"batch_size {batch_size} is of all devices together and cannot be dealt evenly to "
                f"{devices} devices; choose a multiple of {devices}"
            )
        super().__init__(_Count(faces), num_replicas=devices, rank=device, seed=seed)
        self.faces = faces
        self.used = faces // batch_size * batch_size

    def __len__(self) -> int:
        return self.used // self.num_replicas

    def __iter__(self) -> Iterator[Draw]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.faces)
        for face in order[: self.used][self.rank :: self.num_replicas].tolist():
            yield self.epoch, face


class EvaluationSampler(DistributedSampler[Draw]):
    """All faces in order, dealt to the devices; the first few come twice to make it even.

    Args:
        faces: Number of faces.
        devices: Number of devices.
        device: This device's rank.

    >>> list(EvaluationSampler(3, devices=2, device=1))
    [(0, 1), (0, 0)]
    """

    def __init__(self, faces: int, devices: int = 1, device: int = 0) -> None:
        super().__init__(_Count(faces), num_replicas=devices, rank=device, shuffle=False)
        self.faces = faces

    def __iter__(self) -> Iterator[Draw]:
        for place in range(self.rank, len(self) * self.num_replicas, self.num_replicas):
            yield 0, place % self.faces


class _Count(Dataset[Any]):
    """A data set that is only as long as it is: all that `DistributedSampler` asks for."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length
