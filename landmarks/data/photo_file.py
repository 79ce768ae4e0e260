"""A picture on the disk, checked cheaply before training and decoded when it is needed."""

import io
import os
from pathlib import Path
from typing import final

import cv2
import numpy as np
from jaxtyping import UInt8

from landmarks.batch import Photo, PhotoPart, Region
from landmarks.errors import DataError
from landmarks.files import regular_size
from landmarks.geometry import Size

_CURE = "restore it from the distribution, or remove it together with its annotation"
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_JPEG_END, _PNG_END = b"\xff\xd9", b"\x00\x00\x00\x00IEND\xaeB`\x82"
_TIFF = (b"II*\0", b"MM\0*")
_TIFF_ORIENTATION = 274
_TAIL = 1 << 12
_MOST_BYTES = _MOST_PIXELS = 1 << 28
"""No picture of a benchmark is nearly as large; a header may claim more than memory holds."""
# Start-of-frame markers hold the size; C4, C8 and CC lie among them but mean something else.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@final
class PhotoFile(Photo):
    """A picture file.

    Coordinates refer to the pixels as they are stored: an EXIF orientation is ignored.

    Args:
        path: Where the file lies.
        name: Its short name, unique in its benchmark, such as ``lfpw/testset/image_0001.png``.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self._name = name

    def __repr__(self) -> str:
        return f"PhotoFile({str(self.path)!r}, {self._name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PhotoFile) and (self.path, self.name) == (other.path, other.name)

    def __hash__(self) -> int:
        return hash((self.path, self._name))

    @property
    def name(self) -> str:
        """The short name that it was given."""
        return self._name

    @property
    def file(self) -> Path:
        """Its path."""
        return self.path

    def size(self) -> Size:
        """The size that `check` finds."""
        return self.check()

    def check(self) -> Size:
        """Makes sure that the file is whole, without decoding it.

        OpenCV decodes a truncated file without complaint and leaves the rest of the picture grey.
        This reads the header and looks for the end-of-image marker behind it, some 50 µs a file.

        Returns:
            The size of the stored picture.

        Raises:
            DataError: If the file is missing, unreadable, empty, truncated or no picture, or claims
                more pixels than any picture of a benchmark has.
        """
        try:
            self._check_length()
            with self.path.open("rb") as file:
                size = _examine(file, self.path)
        except OSError as error:
            raise self._unreadable(error) from error
        if size is None:
            return Size(*self.read().shape[:2])
        return size

    def read(self) -> UInt8[np.ndarray, "H W 3"]:
        """Decodes the picture as RGB; a grey one gets three equal channels.

        Raises:
            DataError: As for `check`, or if the picture cannot be decoded.
        """
        try:
            self._check_length()
            data = self.path.read_bytes()
        except OSError as error:
            raise self._unreadable(error) from error
        _examine(io.BytesIO(data), self.path)
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        try:
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        except cv2.error as error:
            raise DataError(f"cannot be decoded ({error}); {_CURE}", file=self.path) from error
        if picture is None:
            raise DataError(
                f"{len(data):,} bytes that are not a picture that OpenCV can decode; {_CURE}",
                file=self.path,
            )
        rgb: UInt8[np.ndarray, "H W 3"] = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        return rgb

    def read_part(self, wanted: Region) -> PhotoPart:
        """All of the picture, since a part of a JPEG or PNG takes as long to decode.

        Raises:
            DataError: As for `read`.
        """
        return PhotoPart.of_whole(self.read())

    def _check_length(self) -> None:
        length = regular_size(self.path)
        if length > _MOST_BYTES:
            raise DataError(
                f"the picture has {length:,} bytes, expected at most {_MOST_BYTES:,}; {_CURE}",
                file=self.path,
            )

    def _unreadable(self, error: OSError) -> DataError:
        if isinstance(error, FileNotFoundError):
            return DataError(f"the picture is missing; {_CURE}", file=self.path)
        return DataError(
            f"the picture cannot be read ({error.strerror}); check the file and its permissions",
            file=self.path,
        )


def _examine(file: io.BufferedIOBase, path: Path) -> Size | None:
    """Finds the size and the end of a JPEG or PNG; None for any other kind."""
    head = file.read(len(_PNG))
    if not head:
        raise DataError(f"the picture is empty (0 bytes); {_CURE}", file=path)
    length = file.seek(0, os.SEEK_END)
    if head.startswith(_JPEG):
        size, body = _jpeg_header(file, path)
        end, marker = _JPEG_END, "end-of-image marker (FF D9)"
    elif head.startswith(_PNG):
        size, body = _png_header(file, path)
        end, marker = _PNG_END, "IEND chunk"
    else:
        if head.startswith(_TIFF):
            _refuse_turned_tiff(file, path)
        return None
    # Some cameras and editors write more behind the end; then all behind the header is searched.
    for start in (max(body, length - _TAIL), body):
        file.seek(start)
        if end in file.read():
            return size
    raise DataError(
        f"the picture is truncated: {length:,} bytes without an {marker}; {_CURE}", file=path
    )


def _jpeg_header(file: io.BufferedIOBase, path: Path) -> tuple[Size, int]:
    """The size, and where the compressed data begin.

    Segments are walked by their length, so that the end marker of an EXIF thumbnail is not taken
    for that of the picture.
    """
    file.seek(2)
    size: Size | None = None
    while True:
        lead = file.read(1)
        while (code := file.read(1)) == b"\xff":
            pass  # fill bytes
        length = file.read(2)
        if lead != b"\xff" or not code or len(length) < 2 or code == b"\xd9":
            break
        count = int.from_bytes(length, "big") - 2
        if code[0] in _FRAMES:
            frame = file.read(count)
            if count < 5 or len(frame) < count:
                break
            size = Size(int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big"))
        elif code == b"\xda":
            if size is None:
                break
            return _sized(size, path), file.tell() + count
        else:
            file.seek(count, os.SEEK_CUR)
    raise DataError(
        f"the picture is truncated or damaged: its JPEG header breaks off; {_CURE}", file=path
    )


def _png_header(file: io.BufferedIOBase, path: Path) -> tuple[Size, int]:
    file.seek(len(_PNG))
    chunk = file.read(25)
    if len(chunk) < 25 or chunk[4:8] != b"IHDR":
        raise DataError(
            f"the picture is truncated or damaged: its PNG header breaks off; {_CURE}", file=path
        )
    size = Size(int.from_bytes(chunk[12:16], "big"), int.from_bytes(chunk[8:12], "big"))
    return _sized(size, path), len(_PNG) + len(chunk)


def _sized(size: Size, path: Path) -> Size:
    if 0 in size or size.width * size.height > _MOST_PIXELS:
        raise DataError(
            f"the picture's header says {size.width} × {size.height} pixels, expected at least one "
            f"and at most {_MOST_PIXELS:,}; {_CURE}",
            file=path,
        )
    return size


def _refuse_turned_tiff(file: io.BufferedIOBase, path: Path) -> None:
    """OpenCV turns a TIFF by its orientation, whatever it is told; the points would not follow."""
    # Imported here, for hardly any data are in this format.
    from PIL import TiffImagePlugin

    file.seek(0)
    try:
        with TiffImagePlugin.TiffImageFile(file) as picture:
            orientation = picture.tag_v2.get(_TIFF_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):
        return  # what Pillow cannot make out is left to OpenCV
    if orientation != 1:
        raise DataError(
            f"the picture is a TIFF with the orientation {orientation}, expected 1: which way up "
            "its points were set cannot be known; save it as PNG the way up that they fit",
            file=path,
        )
