import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.batch import Box
from landmarks.benchmarks.formats import Annotation, Coco
from landmarks.errors import DataError
from tests.benchmarks.own_data import COUNT, coco_file, faces, to_write

FLAT = [float(n) for point in range(COUNT) for n in (10 + point, 20 - point, 2)]


def only(file: Path, form: Coco = Coco()) -> Annotation:  # noqa: B008, immutable
    (face,) = form.read(file, file.parent, COUNT).faces
    assert isinstance(face, Annotation), face
    return face


def error(file: Path, form: Coco = Coco()) -> DataError:  # noqa: B008, immutable
    try:
        faces = form.read(file, file.parent, COUNT).faces
    except DataError as raised:
        return raised
    (found,) = [face for face in faces if isinstance(face, DataError)]
    return found


def flags(values: list[int]) -> list[float]:
    return [n for point, flag in enumerate(values) for n in (point, point, flag)]


@pytest.mark.parametrize(
    "keypoints",
    [
        FLAT,
        [FLAT[3 * point : 3 * point + 3] for point in range(COUNT)],
        [FLAT[3 * point : 3 * point + 2] for point in range(COUNT)],
        [n for point in range(COUNT) for n in FLAT[3 * point : 3 * point + 2]],
    ],
    ids=["flat", "nested", "nested without v", "flat without v"],
)
def test_keypoints_may_be_nested_or_flat(tmp_path, keypoints):
    face = only(coco_file(tmp_path / "a.json", {"id": 7, "keypoints": keypoints}))
    np.testing.assert_array_equal(face.points, np.array(FLAT).reshape(-1, 3)[:, :2])
    assert (face.picture, face.occluded, face.box) == ("0.png", None, None)


def test_flags_are_missing_hidden_and_visible(tmp_path):
    values = [0, 1, 2, 2, 1, 0, 2, 2, 2]
    face = only(coco_file(tmp_path / "a.json", {"keypoints": flags(values)}))
    assert np.isnan(face.points).all(axis=1).tolist() == [flag == 0 for flag in values]
    assert face.occluded is not None
    assert face.occluded.tolist() == [flag == 1 for flag in values]


@pytest.mark.parametrize("flag", [1, 2])
def test_a_file_with_one_kind_of_flag_says_nothing_of_occlusion(tmp_path, flag):
    file = coco_file(tmp_path / "a.json", {"keypoints": flags([0, *[flag] * 8])})
    assert only(file).occluded is None
    told = only(file, Coco(occlusion=True)).occluded
    assert told is not None
    assert told.tolist() == [False, *[flag == 1] * 8]
    mixed = coco_file(tmp_path / "b.json", {"keypoints": flags([0, 1, *[2] * 7])})
    assert only(mixed, Coco(occlusion=False)).occluded is None


def test_bbox_is_corner_and_size(tmp_path):
    file = coco_file(tmp_path / "a.json", {"keypoints": FLAT, "bbox": [1, 2.5, 10, 20]})
    assert only(file).box == Box(1, 2.5, 11, 22.5)


def test_an_annotation_without_a_point_is_no_face(tmp_path):
    file = coco_file(tmp_path / "a.json", {"keypoints": [0] * (3 * COUNT)}, {"keypoints": FLAT})
    found = Coco().read(file, tmp_path, COUNT)
    assert (len(found.faces), found.left_out) == (1, 1)


def test_one_category_of_several(tmp_path):
    file = coco_file(
        tmp_path / "a.json",
        {"id": 1, "category_id": 1, "keypoints": FLAT},
        {"id": 2, "category_id": 2, "keypoints": FLAT[3:] + FLAT[:3]},
        categories=[{"id": 1, "name": "dog", "keypoints": ["a"] * COUNT}, {"id": 2, "name": "cat"}],
    )
    assert len(Coco().read(file, tmp_path, COUNT).faces) == 2
    assert only(file, Coco("cat")).points[0, 0] == 11
    assert "no category 'cow'; the file has dog, cat" in str(error(file, Coco("cow")))


def test_the_points_that_a_category_names_are_counted(tmp_path):
    file = coco_file(
        tmp_path / "a.json",
        {"category_id": 1, "keypoints": FLAT},
        categories=[{"id": 1, "name": "face", "keypoints": ["eye"] * 17}],
    )
    assert "names 17 keypoints, the description says 9" in str(error(file))


def annotation(**changes: object) -> dict:
    return {"id": 5, "keypoints": FLAT, **changes}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (annotation(keypoints=FLAT[:-1]), "keypoints is 26 entries, expected 27"),
        (annotation(keypoints="x"), "keypoints is 'x', expected 27"),
        (annotation(keypoints=["1", *FLAT[1:]]), "keypoints hold '1', no number"),
        (annotation(keypoints=[True, *FLAT[1:]]), "no number"),
        (annotation(keypoints=[*FLAT[:2], 3, *FLAT[3:]]), "point 0 .* is 3, expected 0"),
        (annotation(keypoints=[float("nan"), *FLAT[1:]]), "two finite numbers"),
        (annotation(keypoints=[float("inf"), *FLAT[1:]]), "two finite numbers"),
        (annotation(keypoints=[10**400, *FLAT[1:]]), "too large"),
        (annotation(bbox=[1, 2, 3]), "expected x, y, width, height"),
        (annotation(bbox=[1, 2, 0, 4]), "remove the bbox"),
        (annotation(bbox=[1, 2, float("nan"), 4]), "finite"),
        (annotation(bbox=[1, 2, 10**400, 4]), "finite"),
        (annotation(bbox=[1, 2, 3, 4], box=[1, 2, 9, 9]), "differ"),
        (annotation(box=[9, 2, 1, 9]), "inside out"),
        (annotation(image_id=2), "image_id 2, which no image has"),
        (annotation(image_id=None), "image_id is 'None'"),
        (annotation(id=[1]), "expected a number or a text"),
        (annotation(subsets="fluffy"), "list of names"),
        (annotation(occluded=[0, 1]), "expected 9 times 0 or 1"),
        (annotation(occluded=[True] * 9), "expected 9 times 0 or 1"),
    ],
)
def test_a_bad_annotation_is_named(tmp_path, entry, message):
    file = coco_file(tmp_path / "a.json", {"id": 4, "keypoints": FLAT}, entry)
    found = error(file)
    lines = file.read_text().split("\n")
    assert found.file == file
    assert found.line is not None
    assert lines[found.line - 1].strip() == "{"
    assert found.line > lines.index(' "annotations": [') + 2
    assert "2nd" in str(found)
    if entry["id"] == 5:
        assert "annotation 5" in str(found)
    with pytest.raises(DataError, match=message):
        raise found


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"images": {}}, "expected a list"),
        ({"images": [7]}, "1st of images is '7'"),
        ({"images": [{"id": 1}]}, "file_name is 'None'"),
        ({"images": [{"id": 1, "file_name": "a", "width": "1", "height": 2}]}, "whole numbers"),
        ({"images": [{"id": 1, "file_name": "a"}, {"id": 1, "file_name": "b"}]}, "earlier one"),
        ({"annotations": 3}, "expected a list"),
        ({"annotations": [], "images": []}, "no images and no annotations"),
        ({"categories": [{"id": 1}]}, "name is 'None'"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole(tmp_path, members, message):
    file = coco_file(tmp_path / "a.json", annotation(), **members)
    with pytest.raises(DataError, match=message) as caught:
        Coco().read(file, tmp_path, COUNT)
    assert caught.value.line is not None


def test_an_id_stands_for_one_annotation(tmp_path):
    file = coco_file(tmp_path / "a.json", annotation(), annotation())
    assert "annotation 5 (the 2nd) has the id of an earlier one" in str(error(file))


def test_no_keypoints_at_all_points_to_the_category(tmp_path):
    assert "'category'" in str(error(coco_file(tmp_path / "a.json", {"id": 1})))


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 1000),
    boxes=st.booleans(),
    occlusion=st.booleans(),
    told=st.booleans(),
    corner=st.tuples(*[st.floats(-1e3, 1e3, allow_subnormal=False)] * 2),
)
def test_what_is_written_comes_back_to_the_last_bit(
    tmp_path_factory, seed, boxes, occlusion, told, corner
):
    folder = tmp_path_factory.mktemp("coco")
    truth = faces(4, seed=seed, boxes=boxes, occlusion=occlusion)
    if boxes:  # sums of corner and width that are rounded
        x, y = corner
        truth[0] = truth[0]._replace(box=Box(x, y, x + 1 / 3, y + 1e-5))
    truth[-1] = truth[-1]._replace(occluded=None)
    written = to_write(truth, folder)
    form = Coco(occlusion=told)
    form.write(folder / "a.json", written)
    assert form.losses(written) == []
    back = form.read(folder / "a.json", folder, COUNT).faces
    for face, read in zip(written, back, strict=True):
        assert isinstance(read, Annotation)
        assert read.points.tobytes() == face.record.points_photo.tobytes()
        assert read.box == face.record.box
        assert read.subsets == face.record.subsets
        assert (read.picture, read.name, read.size) == (face.picture, None, face.size)
        assert (read.occluded is None) == (face.record.occluded is None)
        if read.occluded is not None:
            np.testing.assert_array_equal(read.occluded, face.record.occluded)


def test_other_tools_can_read_what_is_written(tmp_path):
    Coco(occlusion=True).write(tmp_path / "a.json", to_write(faces(3), tmp_path))
    content = json.loads((tmp_path / "a.json").read_text())
    assert [image["id"] for image in content["images"]] == [1, 2, 3]
    for entry in content["annotations"]:
        assert len(entry["keypoints"]) == 3 * COUNT
        assert set(entry["keypoints"][2::3]) <= {0, 1, 2}
        assert entry["num_keypoints"] == sum(flag > 0 for flag in entry["keypoints"][2::3])
        width, height = entry["bbox"][2:]
        assert entry["area"] == width * height
    assert len(content["categories"][0]["keypoints"]) == COUNT


def test_a_face_that_no_format_can_hold_is_refused(tmp_path):
    (face,) = to_write(faces(1), tmp_path)
    for record, message in (
        (face.record.__class__(face.record.photo, np.full((9, 2), np.nan)), "no point"),
        (face.record.__class__(face.record.photo, np.full((9, 2), np.inf)), "no point|infinite"),
        (
            face.record.__class__(face.record.photo, face.record.points_photo, Box(1, 1, 1, 2)),
            "no area",
        ),
    ):
        with pytest.raises(DataError, match=message):
            Coco().write(tmp_path / "a.json", [face._replace(record=record)])
    assert not (tmp_path / "a.json").exists()
