"""A picture that lies in memory, for tests."""

import numpy as np

from landmarks.batch import Photo, PhotoPart, Region
from landmarks.geometry import Size


class MemoryPhoto(Photo):
    def __init__(self, name: str, pixels: np.ndarray) -> None:
        self._name = name
        self.pixels = pixels

    @property
    def name(self) -> str:
        return self._name

    @property
    def file(self) -> None:
        return None

    def size(self) -> Size:
        return Size(*self.pixels.shape[:2])

    def read(self) -> np.ndarray:
        return self.pixels

    def read_part(self, wanted: Region) -> PhotoPart:
        return PhotoPart.of_whole(self.pixels).cut(wanted)
