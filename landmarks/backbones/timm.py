"""Any timm model that has feature maps, by name."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import timm
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from landmarks.backbones.base import Backbone, FeatureLevel
from landmarks.errors import DataError

_EXAMPLES = "mobilenetv2_100, hrnet_w18, resnet18, efficientnet_lite0 or convnext_atto"


@final
class TimmBackbone(Backbone):
    """The feature maps of a model of timm (https://github.com/huggingface/pytorch-image-models).

    Any model works whose feature maps are channels-first and whose input may have any size: the
    convolutional ones. What a model declares of its channels and strides is checked against what it
    emits when it is built.

    A crop that the coarsest stride does not divide is padded with zeros (the mean colour) on the
    right and at the bottom, so that every level's cells tile the crop from its upper left corner;
    the cells that see nothing but padding are cut off again.

    Args:
        model: Name of the model, such as ``resnet18``; ``timm.list_models()`` lists them, and a tag
            after a dot names the weights (``resnet18.a1_in1k``).
        pretrained: Whether to start from the published weights, which timm downloads once.
        weights: A checkpoint file to start from instead (``.pth`` or ``.safetensors``, with the
            names that timm uses), for machines without a network.
        options: Further arguments of the model as timm names them, such as
            ``{"drop_path_rate": 0.1}``.

    Attributes:
        levels: Channels and stride of each level, finest first.

    Raises:
        ValueError: If there is no model of this name, it has no such feature maps, or both
            ``pretrained`` and ``weights`` are given.
        RuntimeError: If the published weights cannot be had.
        landmarks.errors.DataError: If the checkpoint file cannot be used.

    >>> backbone = TimmBackbone("mobilenetv2_035")
    >>> backbone.levels[0]
    FeatureLevel(channels=8, stride=2)
    >>> [tuple(features.shape) for features in backbone(torch.zeros(2, 3, 64, 48))]
    [(2, 8, 32, 24), (2, 8, 16, 12), (2, 16, 8, 6), (2, 32, 4, 3), (2, 112, 2, 2)]
    """

    def __init__(
        self,
        model: str,
        pretrained: bool = False,
        weights: Path | None = None,
        options: Mapping[str, float | int | str | bool] | None = None,
    ) -> None:
        super().__init__()
        if pretrained and weights is not None:
            raise ValueError(
                f"pretrained=True and weights={weights} contradict each other; choose one of them"
            )
        _check_name(model)
        options = dict(options or {})
        before = torch.get_rng_state()
        try:
            self.model = _create(model, options)
            self._levels = _levels(self.model)
        except Exception as error:
            built = f"{model} with options {options}" if options else model
            raise ValueError(
                f"{built} has no feature maps that can be used ({type(error).__name__}: {error}). "
                "A model is needed whose features come channels-first, for any input size, such as "
                f"{_EXAMPLES}"
            ) from error
        if pretrained or weights is not None:
            # Starting from the same random state shows below which weights the file left alone,
            # and lets what is built next draw the same numbers with or without a file.
            with torch.random.fork_rng(devices=[]):
                torch.set_rng_state(before)
                loaded = (
                    _create_published(model, options)
                    if weights is None
                    else _create_from_file(model, options, weights)
                )
            _check_all_loaded(model, self.model, loaded, weights)
            self.model = loaded
        self._multiple = max(level.stride for level in self._levels)

    @property
    def levels(self) -> tuple[FeatureLevel, ...]:
        """Channels and stride of each level, finest first."""
        return self._levels

    def forward(self, image: Float[Tensor, "B 3 H W"]) -> list[Tensor]:
        """One feature tensor (B, channels, ⌈H / stride⌉, ⌈W / stride⌉) for each of `levels`."""
        height, width = image.shape[-2:]
        bottom, right = -height % self._multiple, -width % self._multiple
        if bottom or right:
            image = functional.pad(image, (0, right, 0, bottom))
        features: list[Tensor] = self.model(image)
        return [
            feature[..., : -(-height // level.stride), : -(-width // level.stride)]
            for feature, level in zip(features, self._levels, strict=True)
        ]


def _check_name(model: str) -> None:
    name, _, tag = model.partition(".")
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=4)
        cure = f"did you mean {', '.join(near)}?" if near else "timm.list_models() lists them"
        raise ValueError(f"timm has no model {model!r}; {cure}")
    tagged = timm.list_models(f"{name}.*", include_tags=True)
    if tag and model not in tagged:
        raise ValueError(
            f"timm has no weights {tag!r} of {name}; it has {', '.join(tagged) or 'none'}"
        )


def _create(model: str, options: Mapping[str, object], **weights: object) -> nn.Module:
    network: nn.Module = timm.create_model(model, features_only=True, **options, **weights)
    return network


def _levels(model: nn.Module) -> tuple[FeatureLevel, ...]:
    """What the model declares, checked on a small picture.

    Raises:
        ValueError: If what it emits differs from what it declares.
    """
    info: Any = model.feature_info
    levels = tuple(
        FeatureLevel(channels, stride)
        for channels, stride in zip(info.channels(), info.reduction(), strict=True)
    )
    coarsest = max(level.stride for level in levels)
    height, width = 2 * coarsest, 3 * coarsest
    training = model.training
    with torch.no_grad():
        features = model.eval()(torch.zeros(1, 3, height, width))
    model.train(training)
    emitted = [tuple(feature.shape) for feature in features]
    declared = [
        (1, level.channels, height // level.stride, width // level.stride) for level in levels
    ]
    if emitted != declared:
        raise ValueError(f"it declares features of shape {declared} and emits {emitted}")
    return levels


def _create_published(model: str, options: Mapping[str, object]) -> nn.Module:
    name = model.partition(".")[0]
    published = timm.list_pretrained()
    if not any(known.partition(".")[0] == name for known in published):
        near = difflib.get_close_matches(name, published, n=4)
        raise RuntimeError(
            f"timm publishes no weights of {name}, but of {', '.join(near) or 'other models'}. Go "
            "on with pretrained=False, which starts from random weights, or name a file of your "
            "own: weights=FILE"
        )
    try:
        return _create(model, options, pretrained=True)
    except Exception as error:  # every hub client has its own family of errors
        raise RuntimeError(
            f"the pretrained weights of {model} cannot be had ({type(error).__name__}: {error}). "
            "Go on with pretrained=False, which starts from random weights, or fetch the weights "
            "on a machine that has a network and name the file: weights=FILE"
        ) from error


def _create_from_file(model: str, options: Mapping[str, object], file: Path) -> nn.Module:
    if not file.is_file():
        raise DataError("no such file; weights must name a checkpoint of the backbone", file=file)
    try:
        if file.suffix != ".safetensors":
            # Older releases of timm unpickle whatever the file holds, code included. What passes
            # here is safe to be read again by any release.
            torch.load(file, map_location="cpu", weights_only=True)
        return _create(model, options, pretrained=True, pretrained_cfg_overlay={"file": str(file)})
    except Exception as error:
        reason = " ".join(str(error).split("\n")[:2])  # torch goes on to list every layer
        raise DataError(
            f"these weights do not fit {model} ({type(error).__name__}: {reason}); expected a "
            "state_dict with timm's names of that model and nothing but tensors in it",
            file=file,
        ) from error


def _check_all_loaded(
    model: str, random: nn.Module, loaded: nn.Module, weights: Path | None
) -> None:
    """Refuses a backbone that is half random: timm passes over names that it does not find."""
    drawn = dict(random.named_parameters())
    left = [
        name
        for name, value in loaded.named_parameters()
        if value.ndim > 1 and torch.equal(value, drawn[name])
    ]
    if left:
        raise DataError(
            f"no weights for {len(left)} of the layers of {model}, the first of them {left[0]}; "
            "expected a state_dict with timm's names of that model",
            file=weights,
        )
