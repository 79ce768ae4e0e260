import numpy as np
import pytest

from landmarks.markups import MARKUPS, Markup, _mean_shapes


@pytest.mark.parametrize("markup", MARKUPS.values(), ids=MARKUPS)
class TestEveryMarkup:
    def test_the_mean_shape_mirrors_onto_itself(self, markup):
        shape = markup.mean_shape
        mirrored = shape[list(markup.mirror)] * [-1, 1]
        np.testing.assert_allclose(mirrored, shape, atol=0.02)

    def test_mirror_pairs_are_those_of_the_stored_shapes(self, markup):
        assert list(markup.mirror) == _mean_shapes()[markup.name]["mirror"]

    def test_eyes_mirror_each_other(self, markup):
        left, right = markup.eye_corners
        assert markup.mirror[left] == right
        assert {markup.mirror[k] for k in markup.eyes[0]} == set(markup.eyes[1])

    def test_eye_centres_are_one_apart(self, markup):
        left, right = (markup.mean_shape[list(eye)].mean(axis=0) for eye in markup.eyes)
        assert np.linalg.norm(right - left) == pytest.approx(1, abs=0.03)
        assert left[0] < right[0]

    def test_the_five_points_are_those_of_a_face(self, markup):
        left_eye, right_eye, tip, left_mouth, right_mouth = (
            markup.mean_shape[list(group)].mean(axis=0) for group in markup.five_points
        )
        twins = [{markup.mirror[k] for k in group} for group in markup.five_points]
        groups = [set(group) for group in markup.five_points]
        assert twins == [groups[place] for place in (1, 0, 2, 4, 3)]
        # All schemes mark the same five places of a face, within a tenth of the eyes' distance.
        expected = [[-0.5, 0], [0.5, 0], [0, 0.54], [-0.4, 0.99], [0.4, 0.99]]
        found = [left_eye, right_eye, tip, left_mouth, right_mouth]
        np.testing.assert_allclose(found, expected, atol=0.1)

    def test_parts_name_points_of_the_scheme(self, markup):
        drawn = [k for part in markup.parts.values() for k in part.points]
        assert set(drawn) <= set(range(markup.count))
        mirrored = {frozenset(markup.mirror[k] for k in p.points) for p in markup.parts.values()}
        assert mirrored == {frozenset(part.points) for part in markup.parts.values()}


@pytest.mark.parametrize(
    ("mirror", "message"),
    [((0, 1), "3 points but 2 mirror"), ((1, 2, 0), "point 0 mirrors 1"), ((0, 1, 9), "mirrors 9")],
)
def test_impossible_mirrors_are_refused(mirror, message):
    with pytest.raises(ValueError, match=message):
        Markup("mine", 3, mirror)


def test_a_markup_without_a_nose_has_no_five_points():
    assert Markup("mine", 2, (1, 0), eyes=((0,), (1,)), mouth_corners=(0, 1)).five_points is None
