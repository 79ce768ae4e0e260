"""Figures as SVG files, and as elements of a page."""

import re
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from landmarks.analysis.figures.style import INK, STYLE
from landmarks.files import complete_file


def save_svg(figure: Figure, path: Path) -> None:
    """Writes a figure as SVG; it appears when it is complete."""
    with rc_context(STYLE), complete_file(path) as unfinished:
        figure.savefig(unfinished, metadata={"Date": None})


def inline_svg(path: Path) -> str:
    """The picture as an element of a page: its ink takes the page's colour, its ids its name."""
    text = path.read_text(encoding="utf-8")
    text = text[text.index("<svg") :]
    text = text.replace(INK, "currentColor")
    text = re.sub(r"fill: #ffffff(?=[^\"]*\")", "fill: none", text)
    prefix = f"{path.stem}-"
    text = re.sub(r'(\bid=")', rf"\1{prefix}", text)
    text = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\1{prefix}", text)
    # A page needs no second document header, and its style sheet settles the size.
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return re.sub(
        r'(<svg[^>]*?) width="[^"]*"',
        r"\1",
        re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1),
        count=1,
    )


__all__ = ["inline_svg", "save_svg"]
