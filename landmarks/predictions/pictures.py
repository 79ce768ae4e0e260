"""Which picture of a split a file means by a name."""

from collections.abc import Sequence


class Pictures:
    """The pictures of a split, by name and by number.

    Args:
        names: Each face's picture, in the split's order; faces may share one.

    >>> pictures = Pictures(["afw/1.jpg", "afw/2.jpg", "afw/2.jpg"])
    >>> pictures.faces("afw/2.jpg"), pictures.numbered(2)
    ((1, 2), 'afw/2.jpg')
    >>> pictures.called("300w/afw/1.jpg"), pictures.called("1.jpg"), pictures.called("3.jpg")
    (['afw/1.jpg'], ['afw/1.jpg'], [])
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._faces: dict[str, list[int]] = {}
        for face, name in enumerate(names):
            self._faces.setdefault(name, []).append(face)
        self._names = list(self._faces)
        self._endings: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in self._names:
            parts = _parts(name)
            self._endings.setdefault(parts[-1], []).append((parts, name))

    def __len__(self) -> int:
        return len(self._names)

    def faces(self, name: str) -> tuple[int, ...]:
        """The places of a picture's faces in the split."""
        return tuple(self._faces[name])

    def numbered(self, number: int) -> str | None:
        """The picture of a number, counted from 1 in the split's order; None if there is none."""
        return self._names[number - 1] if 1 <= number <= len(self._names) else None

    def called(self, path: str) -> list[str]:
        """The pictures that a path can mean.

        It is the one of this name; or else those whose path ends with the one at hand, or is its
        end, folder by folder.
        """
        if path in self._faces:
            return [path]
        wanted = _parts(path)
        return [
            name
            for parts, name in self._endings.get(wanted[-1], [])
            if all(a == b for a, b in zip(reversed(parts), reversed(wanted), strict=False))
        ]


def _parts(path: str) -> tuple[str, ...]:
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    return tuple(parts) or ("",)


__all__ = ["Pictures"]
