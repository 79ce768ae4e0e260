from itertools import pairwise

import pytest

from landmarks.analysis.decomposition import ErrorTerms, Term
from landmarks.analysis.figures import terms_alt, terms_figure
from tests.analysis.figures.drawn import ENDLESS, estimate, is_within, names, texts, write_twice

KINDS = ("crop", "encode", "decode", "network")


def terms(method, *values):
    parts = tuple(
        Term(kind, estimate(value), None, True) for kind, value in zip(KINDS, values, strict=True)
    )
    return ErrorTerms(method, {}, "ibug", "p", 20, 2, estimate(sum(values)), parts, method)


def bars(figure, row=0):
    return [
        (bar.get_x(), bar.get_x() + bar.get_width(), bar.get_hatch())
        for bar in figure.axes[0].patches
        if abs(bar.get_y() + bar.get_height() / 2 - row) < 0.1
    ]


def test_terms_stand_end_to_end_and_end_at_the_total():
    figure = terms_figure([terms("a", 0.1, 0.2, 0.3, 2.0), terms("b", 0.1, 0.1, 0.1, 3.0)], "NME")
    own = bars(figure)
    assert own[0][0] == 0
    for one, other in pairwise(own):
        assert other[0] == pytest.approx(one[1])
    assert own[-1][1] == pytest.approx(2.6)
    assert len({hatch for _, _, hatch in own}) == 4
    assert "2.60 [2.40, 2.80] %" in texts(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(KINDS)


def test_a_term_below_zero_hangs_to_the_left_of_zero():
    own = bars(terms_figure([terms("a", 0.1, -0.2, 0.3, 2.0)], "NME"))
    assert [(round(a, 9), round(b, 9)) for a, b, _ in own] == [
        (0, 0.1),
        (0, -0.2),
        (0.1, 0.4),
        (0.4, 2.4),
    ]


@pytest.mark.parametrize("count", [1, 14])
def test_any_number_of_methods_can_be_drawn(count, tmp_path):
    own = [terms(name, 0.1, 0.2, 0.3, 3.0) for name in names(count)]
    assert is_within(terms_figure(own, "NME"))
    write_twice(lambda: terms_figure(own, "NME"), tmp_path)


def test_what_is_not_finite_is_left_out_and_told(tmp_path):
    lost = terms("lost", 0.1, 0.2, 0.3, 1.0)
    lost = lost._replace(
        total=ENDLESS, terms=(*lost.terms[:3], lost.terms[3]._replace(nme=ENDLESS))
    )
    assert len(bars(terms_figure([lost], "NME"))) == 3
    assert "∞" in write_twice(lambda: terms_figure([lost], "NME"), tmp_path)
    assert "lost ∞ % = crop 0.10 + encode 0.20 + decode 0.30 + network ∞" in terms_alt([lost])
