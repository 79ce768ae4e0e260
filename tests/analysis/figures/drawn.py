"""What is looked for in a figure that was drawn."""

import xml.etree.ElementTree as ElementTree

import numpy as np
from matplotlib.text import Text

from landmarks.analysis.figures import inline_svg, save_svg
from landmarks.analysis.statistics import Estimate

NAN, INF = float("nan"), float("inf")
NOTHING = Estimate(NAN, NAN, NAN)
ENDLESS = Estimate(INF, NAN, NAN)


def names(count):
    return [f"method_{place}_with_a_rather_long_name" for place in range(count)]


def estimate(value, width=0.2):
    return Estimate(value, value - width, value + width)


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def write_twice(make, folder):
    """Draws and writes a figure twice: the bytes are the same; returns the text of the page's."""
    for name in ("first", "second"):
        save_svg(make(), folder / f"{name}.svg")
    assert (folder / "first.svg").read_bytes() == (folder / "second.svg").read_bytes()
    text = inline_svg(folder / "first.svg")
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert "nan" not in text
    assert "<text" in text
    return text


def spans(axes):
    """Ends of the horizontal lines of two points, and of no others."""
    found = []
    for line in axes.get_lines():
        x, y = (np.asarray(values, float) for values in line.get_data())
        if len(x) == 2 and y[0] == y[1] and line.get_transform() == axes.transData:
            found.append((x[0], x[1]))
    return found


def is_within(figure):
    """Whether nothing that is drawn stands out of the figure's left or right edge."""
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    return box.x0 > -0.02 and box.x1 < figure.get_figwidth() + 0.02
