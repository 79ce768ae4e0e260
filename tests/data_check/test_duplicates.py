import time

import cv2
import numpy as np
import pytest

from landmarks.data_check.duplicates import Duplicates, likeness, near_pairs
from landmarks.data_check.finding import DUPLICATE, LEAK, SHARED_PICTURE
from landmarks.markups import MARKUP_68
from tests.data_check.drawn import drawn, faces_of, record_of, seen


def face(index, name=None):
    made = drawn(index)
    return record_of(made.points(MARKUP_68), made.image, name or f"{index}.png")


def found(records, splits=None):
    faces = faces_of(records, splits)
    return [(f.kind, f.line, f.value) for f in Duplicates()(faces, seen(faces))]


def worse(index):
    """The same face compressed hard, half as large, and with points set by somebody else."""
    made = drawn(index)
    image = cv2.resize(made.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], 1)
    points = (made.points(MARKUP_68) - 0.5) / 2 + np.random.default_rng(0).normal(0, 0.3, (68, 2))
    return record_of(points, image, f"worse/{index}.jpg")


def test_different_faces_are_different():
    assert found([face(i) for i in range(40)]) == []


def test_identical_pixels_under_another_name():
    [(kind, line, value)] = found([face(0), face(1), face(0, "copy.png")])
    assert (kind, line) == (DUPLICATE, 3)
    assert value == "the same face as 0.png (train): identical pixels"


def test_the_same_face_in_train_and_test_is_worse():
    records = [face(0), face(1), face(0, "copy.png")]
    [(kind, line, value)] = found(records, [("test",), ("train",), ("train",)])
    assert (kind, line) == (LEAK, 1)
    assert "copy.png (train)" in value


@pytest.mark.parametrize("index", range(4))
def test_a_compressed_and_resized_copy_with_other_points(index):
    records = [face(i) for i in range(10)]
    [(kind, line, value)] = found([*records, worse(index)])
    assert (kind, line) == (DUPLICATE, 11)
    assert f"as {index}.png (train): correlation 0.9" in value


def test_faces_of_one_photo_are_no_duplicates():
    pixels = np.hstack([drawn(0).image, drawn(1).image])
    first = record_of(drawn(0).points(MARKUP_68), pixels, "two.png")
    second = record_of(drawn(1).points(MARKUP_68) + np.array([112, 0]), pixels, "two.png")
    assert found([first, second]) == []
    [(kind, *_)] = found([first, second], [("train",), ("test",)])
    assert kind is SHARED_PICTURE
    twice = record_of(drawn(0).points(MARKUP_68) + 0.5, pixels, "two.png")
    [(kind, line, _)] = found([first, second, twice])
    assert (kind, line) == (DUPLICATE, 3)


def test_one_face_listed_in_both_splits():
    [(kind, _, value)] = found([face(0)], [("train", "test")])
    assert kind is LEAK
    assert value == "one face in the splits train, test"


def test_a_chain_is_reported_once_a_face():
    records = [face(0), face(0, "a.png"), face(0, "b.png"), face(1)]
    assert [line for _, line, _ in found(records)] == [2, 3]


def test_pairs_by_brute_force():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, (300, 4), dtype=np.uint64)
    hashes[7], hashes[299] = hashes[100] ^ np.uint64(5), hashes[0]
    got = {tuple(pair) for block in near_pairs(hashes, 100) for pair in block.tolist()}
    bits = [
        (i, j)
        for i in range(300)
        for j in range(i + 1, 300)
        if int(np.bitwise_count(hashes[i] ^ hashes[j]).sum()) <= 100
    ]
    assert got == set(bits)
    assert {(7, 100), (0, 299)} <= got


def test_thousands_alike_do_not_fill_the_memory():
    start = time.perf_counter()
    pairs = sum(len(block) for block in near_pairs(np.zeros((3000, 4), np.uint64), 80))
    assert pairs <= 50 * 3000
    assert time.perf_counter() - start < 20


def test_likeness_of_what_is_unlike():
    noise = np.random.default_rng(0).integers(0, 255, (2, 32, 32)).astype(np.uint8)
    assert likeness(noise[0], noise[0]) > 0.999
    assert likeness(noise[0], noise[1]) == 0
