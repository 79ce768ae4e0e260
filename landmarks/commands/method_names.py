"""The option ``--methods`` of the tools that run over codecs by name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from landmarks.errors import SettingsError

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from landmarks.codecs.methods import CodecOfSize


def named_methods(text: str | None) -> "Mapping[str, CodecOfSize]":
    """The methods named in a text, separated by commas; all of them if there is none.

    Raises:
        landmarks.errors.SettingsError: If a name is not known; the message lists those that are.

    >>> list(named_methods("dark,hih"))
    ['dark', 'hih']
    """
    from landmarks.codecs.methods import METHODS

    if text is None:
        return METHODS
    names = list(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in METHODS:
            raise SettingsError(
                f"--methods {text!r}: {name!r} is not known; choose from {', '.join(METHODS)}"
            )
    return {name: METHODS[name] for name in names}
