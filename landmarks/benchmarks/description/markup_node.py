"""The point scheme of a user's own data, as its description states it."""

from collections.abc import Mapping
from typing import Any

from landmarks.benchmarks.description.yaml_node import YamlNode
from landmarks.markups import MARKUPS, Markup, Part

_OWN = ("points", "mirror", "parts", "eye_corners", "eyes", "nose_tip", "mouth_corners")
MARKUP_KEYS = ("markup", *_OWN)
"""The entries of a description that settle its point scheme."""

_MOST_POINTS = 10_000


def read_markup(name: str, top: YamlNode, entries: Mapping[str, YamlNode]) -> Markup:
    """The point scheme: a known one by ``markup``, or the user's own.

    Args:
        name: What a scheme of the user's own is called.
        top: The whole description.
        entries: Its entries.

    Raises:
        landmarks.errors.DataError: If an entry is mistyped or impossible; the message names its
            line.
    """
    if "markup" in entries:
        node = entries["markup"]
        known = node.text()
        if known not in MARKUPS:
            node.fail(
                f"is {known!r}, expected one of {', '.join(MARKUPS)}; for points of your own, "
                "remove it and state points, mirror and parts"
            )
        for key in _OWN:
            if key in entries:
                entries[key].fail("is settled by markup already; remove one of the two")
        return MARKUPS[known]
    if "points" not in entries:
        top.fail("has no entry 'points'; add the number of points, or markup for a known scheme")
    count = entries["points"].whole(1, _MOST_POINTS)
    return Markup(
        name,
        count,
        _mirror(entries["mirror"], count) if "mirror" in entries else tuple(range(count)),
        parts=_parts(entries["parts"], count) if "parts" in entries else {},
        eye_corners=_pair(entries["eye_corners"], count) if "eye_corners" in entries else None,
        eyes=two_groups(entries["eyes"], count) if "eyes" in entries else None,
        nose_tip=entries["nose_tip"].whole(0, count - 1) if "nose_tip" in entries else None,
        mouth_corners=(
            _pair(entries["mouth_corners"], count) if "mouth_corners" in entries else None
        ),
    )


def markup_entries(markup: Markup) -> dict[str, Any]:
    """What a description says of a point scheme; `read_markup` reads it again.

    >>> from landmarks.markups import MARKUP_68
    >>> markup_entries(MARKUP_68)
    {'markup': '68'}
    """
    if MARKUPS.get(markup.name) == markup:
        return {"markup": markup.name}
    mirror = [[point, twin] for point, twin in enumerate(markup.mirror) if point < twin]
    entries: dict[str, Any] = {"points": markup.count, "mirror": mirror}
    if markup.parts:
        entries["parts"] = {
            name: {"points": list(part.points), "closed": part.closed}
            for name, part in markup.parts.items()
        }
    if markup.eye_corners is not None:
        entries["eye_corners"] = list(markup.eye_corners)
    if markup.eyes is not None:
        entries["eyes"] = [list(eye) for eye in markup.eyes]
    if markup.nose_tip is not None:
        entries["nose_tip"] = markup.nose_tip
    if markup.mouth_corners is not None:
        entries["mouth_corners"] = list(markup.mouth_corners)
    return entries


def points_of(node: YamlNode, count: int) -> tuple[int, ...]:
    """Different points of a scheme, at least one.

    Raises:
        landmarks.errors.DataError: If it is no list of such.
    """
    points: list[int] = []
    for item in node.items():
        point = item.whole(0, count - 1)
        if point in points:
            item.fail(f"names point {point} a second time")
        points.append(point)
    if not points:
        node.fail("is empty, expected points such as [0, 1]")
    return tuple(points)


def two_groups(node: YamlNode, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The points of the eye on the left of the picture, and of the other.

    Raises:
        landmarks.errors.DataError: If it is no pair of lists, or both hold one point.
    """
    groups = [points_of(item, count) for item in node.items()]
    if len(groups) != 2:
        node.fail(
            f"has {len(groups)} groups, expected 2: the points of the left eye in the picture "
            "and of the right one, such as [[0, 1], [2, 3]]"
        )
    shared = set(groups[0]) & set(groups[1])
    if shared:
        node.fail(f"names point {min(shared)} in both groups")
    return groups[0], groups[1]


def _mirror(node: YamlNode, count: int) -> tuple[int, ...]:
    mirror = list(range(count))
    seen: set[int] = set()
    for item in node.items():
        left, right = _pair(item, count)
        for point in (left, right):
            if point in seen:
                item.fail(f"names point {point}, which another pair has already")
            seen.add(point)
        mirror[left], mirror[right] = right, left
    return tuple(mirror)


def _pair(node: YamlNode, count: int) -> tuple[int, int]:
    points = points_of(node, count)
    if len(points) != 2:
        node.fail(f"names {len(points)} points, expected 2")
    return points[0], points[1]


def _parts(node: YamlNode, count: int) -> dict[str, Part]:
    parts = {}
    for name, entry in node.entries().items():
        settings = entry.section(("points", "closed"), required=("points",))
        line = tuple(item.whole(0, count - 1) for item in settings["points"].items())
        if not line:
            settings["points"].fail("is empty, expected points such as [0, 1]")
        parts[name] = Part(line, settings["closed"].flag() if "closed" in settings else False)
    return parts


__all__ = ["MARKUP_KEYS", "markup_entries", "points_of", "read_markup", "two_groups"]
