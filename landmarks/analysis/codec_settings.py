"""A codec from its settings, without the network that would go with it."""

from jsonargparse import ArgumentParser

from landmarks.analysis.matrix import OptionLevel, Settings
from landmarks.codecs.base import Codec
from landmarks.geometry import Size
from landmarks.markups import Markup
from landmarks.task import CodecFactory

_SIZE = ("codec", "heatmap_size")


def codec_from(settings: Settings, markup: Markup, crop_size: Size) -> Codec:
    """The codec of a method.

    Args:
        settings: The section ``codec`` of an experiment file: ``class_path`` and ``init_args``.
        markup: The point scheme.
        crop_size: Size of the network's input in pixels.

    Raises:
        ValueError: If the codec refuses its settings.

    >>> from landmarks.markups import MARKUP_68
    >>> settings = {"class_path": "landmarks.codecs.HIH", "init_args": {"heatmap_size": 16}}
    >>> codec_from(settings, MARKUP_68, Size(64, 64)).fields["integer"]
    FieldSpec(channels=68, height=16, width=16)
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--codec", type=CodecFactory)
    config = parser.parse_object({"codec": settings})
    factory: CodecFactory = parser.instantiate(config).codec
    return factory(markup, crop_size)


def codec_of_size(settings: Settings, markup: Markup, crop_size: Size, size: int) -> Codec:
    """The codec with another number of cells down the map; as it is, if it has no such option.

    Args:
        settings: See `codec_from`.
        markup: The point scheme.
        crop_size: Size of the network's input in pixels.
        size: Number of cells.

    Raises:
        ValueError: If the codec refuses the size.

    >>> from landmarks.markups import MARKUP_68
    >>> settings = {"class_path": "landmarks.codecs.HIH", "init_args": {"heatmap_size": 16}}
    >>> codec_of_size(settings, MARKUP_68, Size(64, 64), 8).fields["integer"].height
    8
    """
    changed = OptionLevel(_SIZE, size).applied({"codec": settings})
    return codec_from(settings if changed is None else changed["codec"], markup, crop_size)
