import cv2
import numpy as np
import pytest
import torch

from landmarks.analysis.tiles import (
    PREDICTED_COLOUR,
    TRUE_COLOUR,
    SeenMap,
    ShownFace,
    beside,
    chosen_faces,
    face_tile,
    faces_figure,
    heatmap_tile,
    jpeg,
    own_faces,
    save_jpeg,
)
from landmarks.batch import Record
from landmarks.geometry import Grid, Size, apply_affine, invert_affine, photo_from_crop_affine
from tests.analysis.made_up import records
from tests.data.memory_photo import MemoryPhoto


def face(points, size=200):
    return Record(MemoryPhoto("a", np.full((size, size, 3), 90, np.uint8)), points)


def middles(tile, colour):
    """Middles of the spots of a colour, in tile pixels."""
    near = (np.abs(tile.astype(int) - colour).sum(axis=2) < 60).astype(np.uint8)
    return cv2.connectedComponentsWithStats(near)[3][1:]


def test_points_are_drawn_where_they_are():
    truth = np.array([[50.0, 50.0], [150.0, 50.0], [100.0, 150.0]])
    predicted = truth + np.array([0.0, 10.0])
    tile = face_tile(face(truth), predicted)
    # The window is 1.35 × 100 photo pixels round (100, 100), shown on 288 pixels.
    scale = 288 / 135
    for points, colour in ((truth, TRUE_COLOUR), (predicted, PREDICTED_COLOUR)):
        expected = (points - 100) * scale + 143.5
        found = middles(tile, colour)
        assert len(found) == 3
        for point in expected:
            assert np.linalg.norm(found - point, axis=1).min() < 1.0


def test_missing_and_lost_points_are_left_out():
    truth = np.array([[50.0, 50.0], [150.0, 50.0], [np.nan, np.nan]])
    predicted = np.array([[50.0, 60.0], [np.inf, 0.0], [1e9, -1e9]])
    tile = face_tile(face(truth), predicted)
    assert len(middles(tile, TRUE_COLOUR)) == 2
    assert len(middles(tile, PREDICTED_COLOUR)) == 1


def test_best_median_and_worst_are_chosen_over_all_methods():
    first, second = np.array([4.0, 1.0, 2.0, 9.0, 3.0]), np.array([4.0, 1.5, 2.0, 1.0, 3.0])
    assert chosen_faces([first, second]) == {"best": 1, "median": 4, "worst": 3}


def test_the_picture_is_written_whole(tmp_path):
    record = records(1)[0]
    tile = face_tile(record, record.points_photo)
    shown = [ShownFace("best: a", {"x": tile, "y": tile}, {"x": 1.0, "y": 2.0})]
    save_jpeg(faces_figure(shown), tmp_path / "predictions.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.jpg"]
    picture = cv2.imread(str(tmp_path / "predictions.jpg"))
    assert min(picture.shape[:2]) > 200
    again = cv2.imdecode(np.frombuffer(jpeg(tile), np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    assert np.abs(again.astype(int) - tile).mean() < 6


def test_each_method_has_faces_of_its_own():
    errors = {"a": np.array([4.0, 1.0, 2.0]), "b": np.array([4.0, 9.0, 5.0])}
    assert own_faces(errors) == {
        "best": {"a": 1, "b": 0},
        "median": {"a": 2, "b": 2},
        "worst": {"a": 0, "b": 1},
    }


CROP = Size(64, 64)


def seen_map(values, grid, rotation=0.0, mirrored=False):
    affine = photo_from_crop_affine((100.0, 96.0), 130.0, CROP, rotation, mirrored)
    return SeenMap(values, grid, CROP, affine)


@pytest.mark.parametrize("grid", [Grid.centred, Grid.stride_only, Grid.corners])
@pytest.mark.parametrize(("rotation", "mirrored"), [(0.0, False), (30.0, False), (-70.0, True)])
def test_a_peak_lies_on_the_face_where_the_map_has_it(grid, rotation, mirrored):
    truth = np.array([[50.0, 50.0], [150.0, 50.0], [100.0, 150.0]])
    seen = seen_map(np.zeros((16, 16)), grid(CROP, 16), rotation, mirrored)
    seen.values[5, 9] = -7.0
    seen.values[11, 6] = 3.0
    peak = seen.grid.to_crop(torch.tensor([[6.0, 11.0]], dtype=torch.float64))
    expected = (apply_affine(seen.photo_from_crop, peak).numpy() - 100) * 288 / 135 + 143.5
    tile = heatmap_tile(face(truth), seen)
    # The highest value of inferno is a light yellow; all else of the tile is dark grey.
    found = (tile.astype(int) - tile.min(axis=2, keepdims=True)).max(axis=2) > 90
    middle = np.argwhere(found).mean(axis=0)[::-1]
    assert np.linalg.norm(middle - expected[0]) < 1.0


def test_what_the_network_did_not_see_is_dark():
    truth = np.array([[50.0, 50.0], [150.0, 50.0], [100.0, 150.0]])
    seen = seen_map(np.full((8, 8), np.nan), Grid.centred(CROP, 8))
    tile = heatmap_tile(face(truth), seen)
    crop_from_photo = invert_affine(seen.photo_from_crop)
    corner = apply_affine(crop_from_photo, torch.tensor([[164.0, 100.0]], dtype=torch.float64))
    assert corner[0, 0] > 63  # just seen
    assert tile[143, 143 + round(63 * 288 / 135)].tolist() == [68] * 3
    assert tile[143, 143 + round(66.5 * 288 / 135)].tolist() == [27] * 3


def test_two_pictures_stand_beside_each_other():
    left, right = np.zeros((4, 3, 3), np.uint8), np.ones((4, 5, 3), np.uint8)
    both = beside(left, right)
    assert both.shape == (4, 8, 3)
    assert both[0, :, 0].tolist() == [0] * 3 + [1] * 5


def test_many_methods_stand_below_each_other(tmp_path):
    tile = np.full((40, 80, 3), 120, np.uint8)
    for count, wide in ((2, True), (9, False)):
        methods = [f"method {i}" for i in range(count)]
        row = ShownFace("best: a", dict.fromkeys(methods, tile), dict.fromkeys(methods, 1.0))
        width, height = faces_figure([row, row._replace(title="worst: b")]).get_size_inches()
        assert (width > height) == wide
