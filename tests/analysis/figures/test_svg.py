import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from matplotlib import rc_context

from landmarks.analysis.figures.layout import new_figure
from landmarks.analysis.figures.style import INK, PAPER, STYLE
from landmarks.analysis.figures.svg import inline_svg, save_svg


@pytest.fixture
def path(tmp_path):
    with rc_context(STYLE):
        figure = new_figure(2)
        axes = figure.subplots()
        axes.plot(np.arange(4), [1, 2.123456, 3, 4], marker="o", markerfacecolor=PAPER)
        axes.bar([1], [2], hatch="//")
        axes.set_title("a < b & c")
    save_svg(figure, tmp_path / "lines.svg")
    assert [found.name for found in tmp_path.iterdir()] == ["lines.svg"]
    return tmp_path / "lines.svg"


def test_ids_are_the_pictures_own_and_links_find_them(path):
    text = inline_svg(path)
    tree = ElementTree.fromstring(text)
    ids = [node.attrib["id"] for node in tree.iter() if "id" in node.attrib]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("lines-") for name in ids)
    link = "{http://www.w3.org/1999/xlink}href"
    targets = {node.attrib[link] for node in tree.iter() if link in node.attrib}
    targets |= set(re.findall(r"url\((#[^)]*)\)", text))
    assert targets
    assert {target[1:] for target in targets} <= set(ids)


def test_ink_and_paper_are_the_pages(path):
    text = inline_svg(path)
    assert INK in path.read_text(encoding="utf-8")
    assert INK not in text
    assert PAPER not in text
    assert "currentColor" in text
    assert "var(--page, Canvas)" in text
    assert "#ffffff" not in text


def test_the_size_follows_the_page_and_nothing_else_of_the_page_changes(path):
    text = inline_svg(path)
    tree = ElementTree.fromstring(text)
    assert "width" not in tree.attrib
    assert "height" not in tree.attrib
    assert tree.attrib["viewBox"].startswith("0 0 374.4")
    assert "min-width: 300px; max-width: 562px" in tree.attrib["style"]
    assert "<style" not in text  # it would hold for all elements of the page
    assert "<?xml" not in text
    assert "a &lt; b &amp; c" in text  # a text, not an outline of one


def test_numbers_are_as_long_as_they_need_to_be(path):
    drawn = "".join(re.findall(r' d="([^"]*)"', inline_svg(path)))
    numbers = re.findall(r"-?\d+(?:\.\d+)?", drawn)
    assert len(numbers) > 20
    assert max(len(number.partition(".")[2]) for number in numbers) == 2


def test_the_page_of_an_oracle_or_other_figure_is_refused_only_if_it_is_no_svg(tmp_path):
    (tmp_path / "text.svg").write_text("no picture", encoding="utf-8")
    with pytest.raises(ValueError, match="substring not found"):
        inline_svg(tmp_path / "text.svg")
