import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.errors import DataError
from landmarks.predictions import CocoPredictions, read_predictions
from tests.benchmarks.fuzz import check_reading, text_mutations
from tests.predictions.faces import PICTURES, faces, keypoints, lines, predicted, results

POINTS_PHOTO = predicted()
IMAGES = [{"id": 70 + i, "file_name": name} for i, name in enumerate(dict.fromkeys(PICTURES))]


def read(path, annotations=None, **settings):
    known = [CocoPredictions(annotations)]
    return read_predictions(path, faces(), known, **settings).points_photo.numpy()


@pytest.fixture
def found(tmp_path):
    """Writes a JSON file and reads it."""

    def write_and_read(content, annotations=None, **settings):
        path = tmp_path / "found.json"
        path.write_text(json.dumps(content, indent=1))
        other = None
        if annotations is not None:
            other = tmp_path / "annotations.json"
            other.write_text(json.dumps(annotations))
        return read(path, other, **settings)

    return write_and_read


def without(entries, *members):
    return [{k: v for k, v in entry.items() if k not in members} for entry in entries]


def annotated(points, **more):
    """A full file with ids of another project's: images from 70, annotations from 500."""
    numbers = {image["file_name"]: image["id"] for image in IMAGES}
    entries = [
        {"id": 500 + place, "image_id": numbers[PICTURES[place]], "keypoints": keypoints(own)}
        for place, own in enumerate(points)
    ]
    return {"images": IMAGES, "annotations": entries, "categories": [], **more}


def with_boxes(entries):
    """Boxes of the true points, a little off."""
    for entry, record in zip(entries, faces().records, strict=True):
        low, high = record.points_photo.min(axis=0), record.points_photo.max(axis=0)
        entry["bbox"] = [*(low - 3).tolist(), *(high - low + 5).tolist()]
    return entries


# --- which face ---


def test_results_with_this_projects_ids_in_any_order(found):
    order = [4, 0, 5, 3, 2, 1]
    entries = results(POINTS_PHOTO)
    np.testing.assert_array_equal(found([entries[place] for place in order]), POINTS_PHOTO)


def test_results_without_ids_follow_the_order_within_a_picture(found):
    entries = without(results(POINTS_PHOTO), "id")
    np.testing.assert_array_equal(found(entries), POINTS_PHOTO)
    apart = [entries[place] for place in (3, 0, 1, 5, 2, 4)]
    np.testing.assert_array_equal(found(apart), POINTS_PHOTO)


def test_names_stand_for_pictures_whatever_the_ids(found):
    np.testing.assert_array_equal(found(annotated(POINTS_PHOTO)), POINTS_PHOTO)
    content = annotated(POINTS_PHOTO)
    content["images"] = [
        {**image, "file_name": f"/data/300W/{image['file_name']}"} for image in IMAGES
    ]
    np.testing.assert_array_equal(found(content), POINTS_PHOTO)


def test_a_face_may_have_an_image_of_its_own(found):
    """As mmpose's file of WFLW has: an image for each face, several of one name."""
    content = annotated(POINTS_PHOTO)
    content["images"] = [
        {"id": place, "file_name": name} for place, name in enumerate(PICTURES, start=1000)
    ]
    for place, entry in enumerate(content["annotations"], start=1000):
        entry["image_id"] = place
    np.testing.assert_array_equal(found(content), POINTS_PHOTO)


def test_a_name_of_its_own_beats_the_path_of_an_image(found):
    content = annotated(POINTS_PHOTO)
    content["images"] = [
        {"id": image["id"], "file_name": f"{i}.png", "name": image["file_name"]}
        for i, image in enumerate(IMAGES)
    ]
    np.testing.assert_array_equal(found(content), POINTS_PHOTO)


def test_faces_of_a_picture_are_told_by_their_boxes(found):
    content = annotated(POINTS_PHOTO)
    with_boxes(content["annotations"]).reverse()
    np.testing.assert_array_equal(found(content), POINTS_PHOTO)


def test_an_id_beats_a_box_and_a_box_beats_the_order(found):
    content = annotated(POINTS_PHOTO)
    entries = with_boxes(content["annotations"])
    entries[3]["bbox"], entries[4]["bbox"] = entries[4]["bbox"], entries[3]["bbox"]
    swapped = POINTS_PHOTO[[0, 1, 2, 4, 3, 5]]
    np.testing.assert_array_equal(found(content), swapped)
    for place, entry in enumerate(entries, start=1):
        entry["id"] = place
    np.testing.assert_array_equal(found(content), POINTS_PHOTO)


def test_ids_that_fit_some_faces_by_chance_are_not_trusted(found):
    """Ids from 0 would mean the face before; that of the first face means none."""
    content = annotated(POINTS_PHOTO)
    for place, entry in enumerate(content["annotations"]):
        entry["id"] = place
    np.testing.assert_array_equal(found(content), POINTS_PHOTO)


def test_ids_refer_to_the_annotations_that_are_passed(found):
    entries = annotated(POINTS_PHOTO)["annotations"]
    np.testing.assert_array_equal(found(entries, {"images": IMAGES}), POINTS_PHOTO)
    with pytest.raises(DataError, match=r"image_id 70; without images, .* has 5; .*--annotations"):
        found(entries)
    with pytest.raises(DataError, match="ids need no --annotations"):
        found(annotated(POINTS_PHOTO), {"images": IMAGES})
    with pytest.raises(DataError, match=r"annotations\.json: has no images"):
        found(entries, {"annotations": []})


def test_an_image_id_may_be_a_name(found):
    entries = without(results(POINTS_PHOTO), "id")
    for entry, name in zip(entries, PICTURES, strict=True):
        entry["image_id"] = name
    np.testing.assert_array_equal(found(entries), POINTS_PHOTO)


# --- how points are written ---


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("nested", [False, True])
def test_keypoints_in_every_shape(found, width, nested):
    entries = results(POINTS_PHOTO)
    for entry in entries:
        points = np.reshape(entry["keypoints"], (-1, 3))[:, :width]
        entry["keypoints"] = points.tolist() if nested else points.ravel().tolist()
    np.testing.assert_array_equal(found(entries), POINTS_PHOTO)


@given(st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=10))
@settings(max_examples=40, deadline=None)
def test_no_digit_is_lost(tmp_path_factory, numbers):
    points = POINTS_PHOTO.copy()
    points[2] = np.reshape(numbers, (5, 2))
    path = tmp_path_factory.getbasetemp() / "digits.json"
    path.write_bytes(lines(results(points)))
    np.testing.assert_array_equal(read(path), points)


# --- what is wrong ---


def changed(place, **change):
    entries = results(POINTS_PHOTO)
    entries[place] = {k: v for k, v in {**entries[place], **change}.items() if v is not ...}
    return entries


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            changed(1, keypoints=[1.0] * 14),
            r"line 2: result 2 .*keypoints is 14 entries, expected 15",
        ),
        (changed(1, keypoints=[[1, 2, 3]] * 4 + [[1, 2]]), r"line 2: .*keypoints is 5 entries"),
        (changed(1, keypoints=[[1, 2, 3]] * 4), r"line 2: .*keypoints is 4 entries"),
        (changed(1, keypoints="1 2"), r"line 2: .*keypoints is '1 2', expected 15"),
        (changed(1, keypoints=...), r"line 2: .*keypoints is 'None'"),
        (changed(3, keypoints=[1, 2, 0, "3", 4, 0] + [0] * 9), r"line 4: .*point 1 .*has '3'"),
        (changed(3, keypoints=[1, True, 0] * 5), r"line 4: .*point 0 .*has 'True'"),
        (changed(3, keypoints=[None, 2, 0] * 5), r"line 4: .*point 0 .*has 'None'"),
        (
            changed(3, keypoints=[10**400, 2, 0] * 5),
            r"line 4: .*a number of keypoints is too large",
        ),
        (changed(3, keypoints=[float("inf"), 2, 0] * 5), r"line 4: face 4 .*is not finite"),
        (changed(5, image_id=6), r"line 6: result 6 .*image_id 6; .*has 5"),
        (changed(5, image_id=0), r"line 6: .*image_id 0"),
        (changed(5, image_id=None), r"line 6: .*image_id is 'None', expected the id"),
        (changed(5, image_id=2.0), r"line 6: .*image_id is '2\.0'"),
        (changed(5, image_id="2 b.jpg"), r"line 6: .*'2 b\.jpg', which means 2 pictures: afw/2 b"),
        (changed(5, image_id="x.jpg"), r"line 6: .*'x\.jpg', which means no picture of Tiny test"),
        (changed(5, file_name=7), r"line 6: .*file_name is '7', expected a path"),
        (changed(5, id=[1]), r"line 6: .*id is '\[1\]', expected a number"),
        (
            changed(5, bbox=[1, 2, 3]),
            r"line 6: .*bbox is '\[1, 2, 3\]', expected x, y, width, height",
        ),
        ([*results(POINTS_PHOTO)[:5], 7], r"line 6: result 6 is '7', expected an object"),
        ([], "has no annotations and no results"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, entries, message):
    path = tmp_path / "found.json"
    path.write_bytes(lines(entries))
    with pytest.raises(DataError, match=message) as caught:
        read(path)
    assert caught.value.file == path


def test_faces_of_a_picture_that_cannot_be_told_apart(found):
    content = annotated(POINTS_PHOTO)
    del content["annotations"][4]
    with pytest.raises(DataError, match=r"'ibug/3\.jpg' shows 2 faces of Tiny test, and 1 entries"):
        found(content, missing_fails=True)
    content = annotated(POINTS_PHOTO)
    with_boxes(content["annotations"])[4]["bbox"] = [5000, 5000, 10, 10]
    with pytest.raises(DataError, match=r"its bbox touches none of the 2 faces of 'ibug/3\.jpg'"):
        found(content)
    content["annotations"][4]["bbox"] = content["annotations"][3]["bbox"]
    with pytest.raises(DataError, match=r"face 4 \(ibug/3\.jpg\) is predicted twice"):
        found(content)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([*IMAGES, IMAGES[0]], "image 6 .* has the id of an earlier one"),
        ([*IMAGES[1:]], "has the image_id 70, which no image has"),
        ([{"id": 1}], "file_name is 'None', expected a path"),
        ([{"file_name": "a"}], "id is 'None', expected a number or a text"),
        ({"id": 1}, "'images' is .*expected a list"),
    ],
)
def test_images_that_do_not_fit(found, images, message):
    with pytest.raises(DataError, match=message):
        found(annotated(POINTS_PHOTO) | {"images": images})


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_read_rightly_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    if data.draw(st.booleans()):
        path.write_bytes(lines(results(POINTS_PHOTO)))
    else:
        path.write_text(json.dumps(annotated(POINTS_PHOTO), indent=1))
    mutation = data.draw(text_mutations(path.read_bytes()))
    # A lost face has no line of its own; a file of another beginning is of no known format.
    mutation = mutation._replace(text=False)

    def right(found, truth):
        # A finite number in the place of another is a prediction like any other.
        return np.count_nonzero(found != truth) <= 1

    check_reading(path, mutation, lambda: read(path), POINTS_PHOTO, legitimate=right)
