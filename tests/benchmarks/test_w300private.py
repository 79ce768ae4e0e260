import os
from pathlib import Path

import numpy as np
import pytest

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.w300 import W300
from landmarks.benchmarks.w300lp import W300LP
from landmarks.benchmarks.w300private import W300Private
from landmarks.errors import DataError
from tests.benchmarks.official.w300private import write_300w_private_tree

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
SAMPLES = SHARED / "data" / "samples" / "coco_json_300w"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("300w_private")
    write_300w_private_tree(root)
    return root


def test_facts():
    facts = W300Private.facts
    assert BENCHMARKS["300w_private"] is W300Private
    assert facts.training_split is None, "trained on another benchmark"
    assert facts.markup is W300LP.facts.markup
    assert {name: split.published for name, split in facts.splits.items()} == {
        "test": 600,
        "01_Indoor": 300,
        "02_Outdoor": 300,
    }
    assert facts.protocols[0].name == "300w_private/box"
    assert facts.protocols[0].failure_threshold == facts.protocols[0].auc_threshold == 0.07


def test_it_reads_what_300w_reads_as_its_private_split(root):
    ours, theirs = W300Private(root).records("test"), W300(root).records("private")
    assert [record.photo for record in ours] == [record.photo for record in theirs]
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.points_photo, b.points_photo)


def test_half_of_it_is_read(root, tmp_path):
    (tmp_path / "02_Outdoor").symlink_to(root / "300W" / "02_Outdoor")
    assert len(W300Private(tmp_path).records("test")) == 3
    assert W300Private(tmp_path).found("test") == (
        "3 of 600 test faces of the former private set (01_Indoor 0 of 300, 02_Outdoor 3 of 300)"
    )
    with pytest.raises(DataError, match="01_Indoor"):
        W300Private(tmp_path).records("01_Indoor")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the genuine files are not here")
def test_genuine_points_count_from_1(tmp_path):
    """The genuine faces as .pts files: their numbers are those of the COCO sample."""
    import json

    from tests.benchmarks.official.w300 import pts_text

    folder = tmp_path / "01_Indoor"
    folder.mkdir()
    content = json.loads((SAMPLES / "test_300w.json").read_text())
    names = {image["id"]: image["file_name"] for image in content["images"]}
    expected = {}
    for face in content["annotations"]:
        name = names[face["image_id"]]
        points = np.reshape(face["keypoints"], (68, 3))[:, :2].astype(float)
        (folder / name).write_bytes((SAMPLES / name).read_bytes())
        (folder / name).with_suffix(".pts").write_text(pts_text(points))
        expected[f"01_Indoor/{name}"] = points - 1
    for record in W300Private(tmp_path).records("01_Indoor"):
        np.testing.assert_allclose(record.points_photo, expected[record.photo.name], atol=1e-6)
        height, width, _ = record.photo.read().shape
        assert (record.points_photo >= 0).all()
        assert (record.points_photo < [width, height]).all()
