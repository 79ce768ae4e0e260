"""Where a face is drawn, against where its landmarks are said to be."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.geometry import Size
from landmarks.markups import MARKUP_68, MARKUP_98, MARKUPS
from landmarks.rendering.annotation import Annotation, annotation
from landmarks.rendering.drawing import draw_parameters
from landmarks.rendering.face import SyntheticFace, render, render_face
from landmarks.rendering.features import nose_halves
from landmarks.rendering.parameters import (
    Appearance,
    FaceParameters,
    Glasses,
    Hat,
    Lighting,
    Occluder,
    Pose,
)
from landmarks.rendering.projection import ProjectedFace, project_face
from landmarks.rendering.template import template

_SIZE = Size(256, 256)
_CHEEK = tuple(
    (float(x), float(y)) for x, y in ((-0.2, -0.2), (0.2, -0.2), (0.2, 0.2), (-0.2, 0.2))
)


def _centred(index: int, bare: bool = False) -> FaceParameters:
    """A face in the middle of the picture, so that moving it brings nothing new into view."""
    drawn = draw_parameters(0, index).without_effects()
    pose = replace(drawn.pose, x=0.5, y=0.5, offset_x=0.0, offset_y=0.0, unit=0.2)
    if not bare:
        return replace(drawn, pose=pose)
    look = replace(drawn.appearance, hairline=1.2, hair_length=-2.0, beard=0.0)
    # Between closed lids lie other edges, nearer than the search reaches.
    opened = {**drawn.expression, "left_eye_close": 0.0, "right_eye_close": 0.0}
    return replace(
        drawn, expression=opened, pose=pose, appearance=look, lighting=Lighting(), glasses=None,
        hat=None, occluder=None,
    )  # fmt: skip


def _measured(before: SyntheticFace, after: SyntheticFace, start: np.ndarray) -> np.ndarray:
    """The rigid motion that takes one picture to the other, (2, 3), found from the pixels alone.

    Maximises the correlation of the grey pictures (Evangelidis and Psarakis 2008).
    """
    grey = [cv2.cvtColor(f.image, cv2.COLOR_RGB2GRAY).astype(np.float32) for f in (before, after)]
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-8)
    _, motion = cv2.findTransformECC(
        *grey, start.astype(np.float32), cv2.MOTION_EUCLIDEAN, stop, None, 5
    )
    return motion.astype(np.float64)


def _moved(points: np.ndarray, motion: np.ndarray) -> np.ndarray:
    return points @ motion[:, :2].T + motion[:, 2]


@pytest.mark.parametrize("index", [2, 4, 6, 7])
@pytest.mark.parametrize("shift", [(0.3, -0.45), (1.7, 0.6)])
def test_a_shifted_face_takes_its_landmarks_along(index, shift):
    parameters = _centred(index)
    before, after = render(parameters, _SIZE), render(parameters.moved(*shift, _SIZE), _SIZE)
    points = before.points(MARKUP_68)
    np.testing.assert_allclose(after.points(MARKUP_68), points + shift, atol=1e-9)
    measured = _moved(points, _measured(before, after, np.eye(2, 3)))
    assert np.linalg.norm(measured - after.points(MARKUP_68), axis=1).max() < 0.05


@pytest.mark.parametrize("index", [2, 4, 6, 7])
@pytest.mark.parametrize("degrees", [1.0, -5.0])
def test_a_turned_face_takes_its_landmarks_along(index, degrees):
    parameters = _centred(index)
    before, after = render(parameters, _SIZE), render(parameters.turned(degrees), _SIZE)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([127.5, 127.5])
    points = before.points(MARKUP_68)
    expected = (points - middle) @ turn.T + middle
    np.testing.assert_allclose(after.points(MARKUP_68), expected, atol=1e-9)
    # The search starts a degree off the truth, so that it has something to find.
    near = np.radians(degrees + 1)
    start = np.array([[np.cos(near), -np.sin(near)], [np.sin(near), np.cos(near)]])
    start = np.column_stack([start, middle - start @ middle])
    measured = _moved(points, _measured(before, after, start))
    assert np.linalg.norm(measured - expected, axis=1).max() < 0.05


@pytest.mark.parametrize("index", range(6))
def test_mirrored_parameters_draw_the_mirrored_picture(index):
    parameters = draw_parameters(0, index).without_effects()
    face, twin = render(parameters, _SIZE), render(parameters.mirrored(), _SIZE)
    for markup in MARKUPS.values():
        mirrored = twin.points(markup)[list(markup.mirror)] * [-1, 1] + [255, 0]
        np.testing.assert_allclose(mirrored, face.points(markup), atol=1e-6)
    difference = np.abs(twin.image[:, ::-1].astype(int) - face.image).max(axis=2)
    assert (difference > 8).mean() < 0.002
    assert difference.mean() < 0.1


def _normals(face: ProjectedFace, annotated: Annotation) -> tuple[np.ndarray, np.ndarray]:
    """Each landmark's curve normal, and whether the curve is smooth there (no end, no corner)."""
    normals = np.zeros((len(annotated.first), 2))
    smooth = np.zeros(len(annotated.first), dtype=bool)
    for point, name in enumerate(annotated.curves):
        span = template().spans[name]
        before, after = annotated.first[point] - 1, annotated.second[point] + 1
        smooth[point] = span.start <= before and after < span.stop
        if smooth[point]:
            x, y = face.vertices[after] - face.vertices[before]
            normals[point] = np.array([-y, x]) / max(np.hypot(x, y), 1e-9)
    return normals, smooth


def _edge_offsets(
    image: np.ndarray, points: np.ndarray, normals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far along its normal each point's strongest edge is, within 2 px, and its contrast."""
    along = np.arange(-2.5, 2.51, 0.25)
    places = (points[:, None] + along[:, None] * normals[:, None]).astype(np.float32)
    profile = cv2.remap(image, places[..., 0], places[..., 1], cv2.INTER_LINEAR).astype(float)
    contrast = np.abs(profile[:, 4:] - profile[:, :-4]).sum(axis=-1)
    strongest = contrast == contrast.max(axis=1, keepdims=True)
    offset = (strongest * along[2:-2]).sum(axis=1) / strongest.sum(axis=1)
    return np.abs(offset), contrast.max(axis=1)


_EDGES = {"outline": 0.8, "brow": 0.8, "lid": 0.8, "lip": 0.8, "nose_side": 0.65}
"""Least share of the landmarks whose strongest edge is theirs; the crease round a nose is so thin
that its other edge is sometimes the stronger."""


@pytest.mark.parametrize("markup", [MARKUP_68, MARKUP_98], ids=lambda m: m.name)
def test_landmarks_lie_on_drawn_edges(markup):
    size = Size(512, 512)
    annotated = annotation(markup.name)
    on_edge: dict[str, list[bool]] = {part: [] for part in _EDGES}
    beside: list[bool] = []
    for index in range(10):
        parameters = _centred(index, bare=True)
        face, curves = render(parameters, size), project_face(parameters, size)
        normals, smooth = _normals(curves, annotated)
        seen = smooth & ~face.self_occluded(markup) & ~face.occluded(markup)
        points = face.points(markup)
        offset, contrast = _edge_offsets(face.image, points, normals)
        aside = points + 6 * normals
        off_aside, contrast_aside = _edge_offsets(face.image, aside, normals)
        for point in np.flatnonzero(seen):
            for part in _EDGES:
                if part in annotated.curves[point]:
                    on_edge[part].append(bool(offset[point] <= 0.75 and contrast[point] > 8))
                    beside.append(bool(off_aside[point] <= 0.75 and contrast_aside[point] > 8))
    for part, hits in on_edge.items():
        assert len(hits) > 20
        assert np.mean(hits) > _EDGES[part], (
            f"{np.mean(hits):.0%} of the {part} landmarks lie on an edge"
        )
    assert np.mean(beside) < 0.35  # so much can be reached by accident


def test_the_same_face_whatever_was_drawn_before():
    first = render_face(3, 11, 96)
    render_face(3, 4, 96)
    render_face(0, 11, 64)
    again = render_face(3, 11, 96)
    assert first.image.tobytes() == again.image.tobytes()
    assert not np.array_equal(first.image, render_face(4, 11, 96).image)
    assert not np.array_equal(first.image, render_face(3, 12, 96).image)


def test_no_global_random_state_is_used():
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    cv2.setRNGSeed(1)
    first = render_face(0, 0, 64)
    cv2.setRNGSeed(2)
    assert first.image.tobytes() == render_face(0, 0, 64).image.tobytes()
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_asking_for_points_does_not_change_the_picture():
    face = render_face(0, 5, 64)
    before = face.image.tobytes()
    for markup in MARKUPS.values():
        face.points(markup)
        face.occluded(markup)
        face.self_occluded(markup)
    assert face.image.tobytes() == before == render_face(0, 5, 64).image.tobytes()


@settings(deadline=None, max_examples=8)
@given(st.integers(16, 160), st.integers(0, 10**6))
def test_any_size_shows_the_same_face(side, index):
    face, large = render_face(1, index, side), render_face(1, index, 128)
    assert face.image.shape == (side, side, 3)
    for markup in MARKUPS.values():
        points = (large.points(markup) + 0.5) * side / 128 - 0.5
        np.testing.assert_allclose(face.points(markup), points, atol=1e-6)
        np.testing.assert_array_equal(face.occluded(markup), large.occluded(markup))
        assert face.self_occluded(markup).dtype == face.occluded(markup).dtype == np.bool_


def test_a_larger_picture_is_the_same_picture():
    parameters = draw_parameters(0, 12).without_effects()
    small = render(parameters, Size(128, 128)).image.astype(float)
    large = render(parameters, Size(512, 512)).image.astype(np.float32)
    shrunk = cv2.resize(large, (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk - small).mean() < 1.0


def test_a_picture_can_be_oblong():
    face = render(FaceParameters(), Size(80, 120))
    assert face.image.shape == (80, 120, 3)


def test_a_picture_without_pixels_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        render(FaceParameters(), Size(0, 12))


_PLAIN = FaceParameters(appearance=Appearance(hairline=1.2), pose=Pose(unit=0.22))


def test_nothing_hides_a_plain_frontal_face():
    face = render(_PLAIN, _SIZE)
    for markup in MARKUPS.values():
        assert not face.occluded(markup).any()
        assert not face.self_occluded(markup).any()


def test_a_frontal_nose_shows_both_sides_and_a_turned_one_the_nearer():
    def sides(yaw: float) -> list[str]:
        pose = replace(_PLAIN.pose, yaw=yaw)
        return sorted(nose_halves(project_face(replace(_PLAIN, pose=pose), _SIZE)))

    assert sides(0.0) == ["left", "right"]
    assert "left" in sides(60.0)
    assert "right" in sides(-60.0)


def test_turned_heads_hide_the_far_side():
    for yaw, far in ((50.0, range(42, 48)), (-50.0, range(36, 42))):
        face = render(replace(_PLAIN, pose=replace(_PLAIN.pose, yaw=yaw)), _SIZE)
        hidden = face.self_occluded(MARKUP_68)
        near = [MARKUP_68.mirror[point] for point in far]
        assert not hidden[near].any()
        jaw = range(9, 17) if yaw > 0 else range(8)
        assert hidden[list(jaw)].mean() > 0.5
        assert not face.occluded(MARKUP_68).any()
    far_eye = render(replace(_PLAIN, pose=replace(_PLAIN.pose, yaw=60.0)), _SIZE).self_occluded(
        MARKUP_68
    )
    assert far_eye[42:48].any()


def test_dark_glasses_hide_the_eyes_and_clear_ones_do_not():
    dark = render(replace(_PLAIN, glasses=Glasses(tint=0.9)), _SIZE).occluded(MARKUP_68)
    clear = render(replace(_PLAIN, glasses=Glasses(tint=0.1)), _SIZE).occluded(MARKUP_68)
    assert dark[36:48].all()
    assert not dark[48:].any()
    assert not clear[36:48].any()


def test_a_hat_hides_the_brows():
    hidden = render(replace(_PLAIN, hat=Hat(level=-0.2, brim=0.0)), _SIZE).occluded(MARKUP_68)
    assert hidden[17:27].sum() > 5
    assert not hidden[48:].any()


def test_an_object_hides_what_it_covers_and_changes_the_picture_only_there():
    thing = Occluder(_CHEEK, x=-0.35, y=1.0, colour=(0.1, 0.8, 0.2))
    face, plain = render(replace(_PLAIN, occluder=thing), _SIZE), render(_PLAIN, _SIZE)
    hidden = face.occluded(MARKUP_68)
    assert hidden[48]
    assert not hidden[[54, 8, 36, 45]].any()
    changed = np.abs(face.image.astype(int) - plain.image).max(axis=2) > 3
    x, y = np.rint(face.points(MARKUP_68)[48]).astype(int)
    assert changed[y, x]
    assert changed.mean() < 0.02


def test_faces_differ_in_every_way():
    drawn = [draw_parameters(0, index) for index in range(300)]
    yaw = np.array([p.pose.yaw for p in drawn])
    assert np.abs(yaw).max() <= 60
    assert (np.abs(yaw) > 40).sum() > 20
    assert (np.abs(yaw) < 15).sum() > 60
    assert np.abs([p.pose.pitch for p in drawn]).max() <= 25
    assert np.abs([p.pose.roll for p in drawn]).max() <= 30
    for share in (
        np.mean([p.glasses is not None for p in drawn]),
        np.mean([p.hat is not None for p in drawn]),
        np.mean([p.occluder is not None for p in drawn]),
        np.mean([p.appearance.beard > 0 for p in drawn]),
        np.mean([p.effects.jpeg_quality is not None for p in drawn]),
    ):
        assert 0.05 < share < 0.95


def test_faces_lie_in_the_picture():
    heights, outside = [], []
    for index in range(200):
        face = project_face(draw_parameters(0, index), Size(128, 128))
        points = face.points(annotation("68"))
        low, high = points.min(axis=0), points.max(axis=0)
        heights.append((high - low).max() / 128)
        reach = 1.25 * (high - low).max() / 2
        middle = (low + high) / 2
        over = np.maximum(-(middle - reach), middle + reach - 127).max()
        outside.append(max(over, 0) / (2 * reach))
    assert 0.3 < np.median(heights) < 0.7
    assert np.quantile(outside, 0.9) < 0.2
