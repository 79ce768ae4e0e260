import itertools

from landmarks.analysis.figures.style import COLOURS, method_looks, method_style


def luminance(colour):
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_methods_differ_in_more_than_colour():
    looks = [method_style(place) for place in range(14)]
    assert len({(look.colour, look.dash) for look in looks}) == 14
    assert len({(look.colour, look.marker) for look in looks}) == 14
    for one, other in itertools.pairwise(looks):
        assert one.colour != other.colour
        assert one.dash != other.dash
        assert one.marker != other.marker


def test_colours_stand_out_from_light_and_from_dark_pages():
    for colour in COLOURS:
        own = luminance(colour)
        assert 1.05 / (own + 0.05) > 2
        assert (own + 0.05) / (luminance("#15171a") + 0.05) > 3


def test_a_method_keeps_its_look_whatever_is_shown_of_it():
    looks = method_looks(["a", "b", "c"])
    assert list(looks) == ["a", "b", "c"]
    assert looks["c"] == method_style(2)
    assert looks["c"].line == {"color": COLOURS[2], "linestyle": method_style(2).dash}
