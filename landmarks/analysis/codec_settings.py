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


def with_heatmap_size(settings: Settings, size: int) -> Settings:
    """The same settings with another number of cells; unchanged if the codec has no such option.

    >>> with_heatmap_size({"class_path": "landmarks.codecs.Coordinates"}, 32)
    {'class_path': 'landmarks.codecs.Coordinates'}
    """
    changed = OptionLevel(_SIZE, size).applied({"codec": settings})
    found: Settings = settings if changed is None else changed["codec"]
    return found
