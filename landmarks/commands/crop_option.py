"""A crop policy as an option of a tool: the name of a class, or a class with its options."""

from typing import TYPE_CHECKING

from jsonargparse import ArgumentParser

from landmarks.errors import DataError, SettingsError

if TYPE_CHECKING:  # what takes seconds to import is imported when it is needed
    from landmarks.data.crops import Crop


def crop_from(text: str | None, option: str = "--crop") -> "Crop":
    """The crop that an option names; `landmarks.data.crops.LandmarkBox` if it names none.

    Args:
        text: A class, or ``{class_path: …, init_args: {…}}`` as in an experiment file.
        option: Name of the option, for messages.

    Raises:
        landmarks.errors.SettingsError: If there is no such crop, or its options are impossible.

    >>> crop_from("{class_path: LandmarkBox, init_args: {factor: 1.5}}").factor
    1.5
    """
    from landmarks.data.crops import Crop, LandmarkBox

    if text is None:
        return LandmarkBox()
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--crop", type=Crop)
    try:
        crop: Crop = parser.instantiate(parser.parse_args([f"--crop={text}"])).crop
    except DataError:
        raise
    except Exception as error:
        raise SettingsError(
            f"{option} {text}: {' '.join(str(error).split())}; expected a class of "
            "landmarks.data.crops, such as FANBox, or {class_path: ..., init_args: {...}}"
        ) from error
    return crop
