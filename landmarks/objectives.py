"""What a training step minimises: named terms of a network, a codec and a batch."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor, nn

from landmarks.batch import Batch, Fields
from landmarks.codecs.base import Codec
from landmarks.geometry import apply_affine, compose_affine, inside, invert_affine

Forward = Callable[[Tensor], list[Fields]]
"""A network, or whatever answers in its place: crops to fields, once per supervised stage."""


class Objective(nn.Module, ABC):
    """Named loss terms of a batch; their sum is minimised.

    Attributes:
        views: How many views of each face the objective asks for. The batch then holds V·B crops:
            crop ``v * B + i`` is view ``v`` of face ``i``.
    """

    views: ClassVar[int]

    @abstractmethod
    def forward(self, network: Forward, codec: Codec, batch: Batch) -> dict[str, Tensor]:
        """The terms, each a scalar with its weight already applied."""


class Supervised(Objective):
    """The codec's loss between output and encoded truth, summed over the supervised stages."""

    views: ClassVar[int] = 1

    def forward(self, network: Forward, codec: Codec, batch: Batch) -> dict[str, Tensor]:
        """One term, ``supervised``."""
        losses = [
            codec.supervise(outputs, batch.points, batch.weight) for outputs in network(batch.image)
        ]
        return {"supervised": sum(losses[1:], start=losses[0])}


class Siamese(Objective):
    """Two random geometric views of one photo must agree once they are warped back.

    "[...] a Siamese-based training aiming to enforce heatmap consistency across various geometric
    image transformations" (Bulat, Sanchez and Tzimiropoulos 2021, abstract,
    https://arxiv.org/abs/2111.02360). The base objective is applied to each view by itself, and its
    terms are averaged. The outputs for the second view are warped into the frame of the first,
    where the codec's own loss compares the two, over the points that both views show.

    That paper's text gives neither the consistency weight, nor the range of transformations, nor
    whether a gradient flows through both sides: the weight of 1, the crops' ordinary augmentation
    for both views (mirroring included) and a gradient through both sides are this project's choice.

    Args:
        base: The objective of each view; it must ask for one view.
        weight: Weight of the consistency; 0 leaves the mean of the base objective over the views.

    Raises:
        ValueError: If the weight is negative, or the base asks for several views itself.
    """

    views: ClassVar[int] = 2

    def __init__(self, base: Objective, weight: float = 1.0) -> None:
        super().__init__()
        if not weight >= 0:
            raise ValueError(f"consistency weight {weight} must be at least 0")
        if base.views != 1:
            raise ValueError(
                f"{type(base).__name__} asks for {base.views} views; the base of Siamese must ask "
                "for one"
            )
        self.base = base
        self.weight = weight

    def forward(self, network: Forward, codec: Codec, batch: Batch) -> dict[str, Tensor]:
        """The base's terms averaged over the views, and ``consistency`` if it has a weight."""
        first, second = _split_views(batch)
        answers: list[Fields] = []

        def recorded(image: Tensor) -> list[Fields]:
            stages = network(image)
            answers.append(stages[-1])
            return stages

        first_terms = self.base(recorded, codec, first)
        second_terms = self.base(recorded, codec, second)
        terms = {name: (first_terms[name] + second_terms[name]) / 2 for name in first_terms}
        if self.weight > 0:
            first_from_second = compose_affine(
                invert_affine(first.photo_from_crop), second.photo_from_crop
            ).float()
            warped = codec.warp(answers[1], first_from_second)
            weight = first.weight * _shown(codec, first, second)
            terms["consistency"] = self.weight * codec.loss(answers[0], warped, weight)
        return terms


def _split_views(batch: Batch) -> tuple[Batch, Batch]:
    half = len(batch.face) // 2
    first = Batch(*(part[:half] for part in batch))
    second = Batch(*(part[half:] for part in batch))
    if len(batch.face) % 2 or not bool((first.face == second.face).all()):
        raise ValueError(
            "Siamese needs two views of each face in one batch; let the DataModule yield them by "
            "setting its views to objective.views"
        )
    return first, second


def _shown(codec: Codec, first: Batch, second: Batch) -> Float[Tensor, "B K"]:
    """Which of the first view's points the second view shows as well."""
    second_from_first = compose_affine(
        invert_affine(second.photo_from_crop), first.photo_from_crop
    ).float()
    return inside(apply_affine(second_from_first, first.points), codec.crop_size).float()
