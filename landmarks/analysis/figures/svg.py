"""Figures as SVG files, and as elements of a page."""

import re
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from landmarks.analysis.figures.style import INK, PAPER, STYLE
from landmarks.files import complete_file

_NARROWEST, _WIDEST = 0.8, 1.5
"""Pixels of a page to a point of the figure, so that text of 10 points has 8 to 15 pixels."""


def save_svg(figure: Figure, path: Path) -> None:
    """Writes a figure as SVG; it appears when it is complete. The same figure gives the same bytes.

    Args:
        figure: The figure.
        path: Ends in ``.svg``.
    """
    with rc_context(STYLE), complete_file(path) as unfinished:
        figure.savefig(unfinished, metadata={"Date": None})


def inline_svg(path: Path) -> str:
    """The picture as an element of a page.

    Its ink takes the colour of the page's text, and the inside of its hollow markers that of the
    page, which is its CSS variable ``--page`` if it has one: it can be read on light and on dark
    pages. It is as wide as there is room, as long as its text stays legible. Its ids begin with the
    file's name, so that pictures of different names do not meet in one page.

    Args:
        path: A file of `save_svg`.
    """
    text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    # A page needs no second document header, and a style sheet would hold for all of the page.
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace(INK, "currentColor").replace(PAPER, "var(--page, Canvas)")
    text = re.sub(r"fill: #ffffff(?=[^\"]*\")", "fill: none", text)
    prefix = f"{path.stem}-"
    text = re.sub(r'(\bid=")', rf"\1{prefix}", text)
    text = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\1{prefix}", text)
    text = re.sub(r' (?:d|x|y)="[^"]*"', _shorter, text)
    return re.sub(r"<svg[^>]*>", lambda tag: _sized(tag.group()), text, count=1)


def _shorter(numbers: re.Match[str]) -> str:
    """Numbers to a hundredth of a point, which nobody sees."""
    return re.sub(r"(\.\d\d)\d+", r"\1", numbers.group())


def _sized(tag: str) -> str:
    """The opening tag with a size that follows the page's."""
    sides = re.search(r' viewBox="0 0 ([\d.]+) ([\d.]+)"', tag)
    assert sides is not None, tag
    points = float(sides.group(1))
    style = (
        f"width: 100%; height: auto; min-width: {_NARROWEST * points:.0f}px; "
        f"max-width: {_WIDEST * points:.0f}px; "
        "stroke-linejoin: round; stroke-linecap: butt"
    )
    tag = re.sub(r' (?:width|height)="[^"]*"', "", tag)
    return f'{tag[:-1]} style="{style}">'


__all__ = ["inline_svg", "save_svg"]
