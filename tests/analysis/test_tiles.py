import cv2
import numpy as np

from landmarks.analysis.tiles import (
    PREDICTED_COLOUR,
    TRUE_COLOUR,
    ShownFace,
    chosen_faces,
    face_tile,
    faces_figure,
    jpeg,
    save_jpeg,
)
from landmarks.batch import Record
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
