import dataclasses

import numpy as np
import pytest

from landmarks.data_check.alignment import as_complex
from landmarks.data_check.finding import MIRROR_TABLE, MIRRORED
from landmarks.data_check.mirroring import Mirroring, wrong_pairs
from landmarks.markups import MARKUP_68, MARKUPS
from tests.data_check.drawn import FACTS, faces_of, record_of, shapes, unseen

MIRROR = list(MARKUP_68.mirror)


def found(points, facts=FACTS):
    faces = faces_of([record_of(p, name=f"{i}.png") for i, p in enumerate(points)], facts=facts)
    return Mirroring()(faces, unseen(len(points)))


def swapped(markup, one, other):
    """The markup with the pair (one, its twin) and (other, its twin) crossed."""
    mirror = list(markup.mirror)
    a, b = mirror[one], mirror[other]
    for point, twin in ((one, b), (other, a)):
        mirror[point], mirror[twin] = twin, point
    return dataclasses.replace(markup, mirror=tuple(mirror))


def test_faces_in_order():
    assert found(shapes(60)) == []


def test_a_picture_mirrored_without_its_order_and_an_order_without_its_picture():
    points = shapes(60)
    points[3] = points[3] * [-1, 1] + [100, 0]
    points[17] = points[17][MIRROR]
    points[21] = (points[21] * [-1, 1])[MIRROR]  # mirrored as it should be
    findings = found(points)
    assert {f.kind for f in findings} == {MIRRORED}
    assert sorted(f.line for f in findings) == [4, 18]


def test_missing_points_do_not_decide():
    points = shapes(60)
    points[:, 36:42] = np.nan
    points[5, :60] = np.nan
    points[9] = points[9][MIRROR]
    assert [f.line for f in found(points)] == [10]


@pytest.mark.parametrize("markup", MARKUPS.values(), ids=lambda m: m.name)
def test_every_markup_mirrors_its_own_mean_shape(markup):
    assert wrong_pairs(as_complex(markup.mean_shape), markup) == []


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [("68", 36, 39), ("68", 17, 48), ("98", 0, 60), ("29", 8, 10), ("19", 0, 6), ("106", 33, 84)],
)
def test_a_wrong_pair_is_found_and_the_right_one_named(name, one, other):
    markup = MARKUPS[name]
    pairs = wrong_pairs(as_complex(markup.mean_shape), swapped(markup, one, other))
    wrong = {one, other, markup.mirror[one], markup.mirror[other]}
    assert {pair.point for pair in pairs} == wrong
    assert all(pair.better == markup.mirror[pair.point] for pair in pairs)


def test_a_table_without_pairs():
    markup = dataclasses.replace(MARKUP_68, mirror=tuple(range(68)))
    findings = found(shapes(60), dataclasses.replace(FACTS, markup=markup))
    assert {f.kind for f in findings} == {MIRROR_TABLE}
    assert len(findings) > 40
    assert findings[0].value.startswith("point ")
