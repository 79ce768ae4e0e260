import os
from pathlib import Path

import numpy as np
import pytest
import torch

from landmarks.benchmarks import BENCHMARKS
from landmarks.benchmarks.w300 import W300
from landmarks.errors import DataError
from landmarks.geometry import Size, apply_affine, flip_affine
from landmarks.markups import MARKUP_68
from tests.benchmarks.official.w300 import write_300w

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
GENUINE = SHARED / "data" / "300w"
SIZE = Size(96, 80)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("300w")
    return root, write_300w(root, faces_per_folder=2, size=SIZE)


@pytest.fixture
def own_tree(tmp_path):
    """A tree to damage: one face in ``ibug``, three in ``lfpw/testset``."""
    write_300w(tmp_path, faces_per_folder=1, folders=["ibug"])
    write_300w(tmp_path, faces_per_folder=3, folders=["lfpw/testset"])
    return tmp_path


def test_facts():
    facts = W300.facts
    assert BENCHMARKS["300w"] is W300
    assert facts.markup is MARKUP_68
    assert next(iter(facts.splits)) == "train"
    published = {name: split.published for name, split in facts.splits.items()}
    assert published == {
        "train": 3148,
        "full": 689,
        "common": 554,
        "challenge": 135,
        "private": 600,
        "afw": 337,
        "helen/trainset": 2000,
        "helen/testset": 330,
        "lfpw/trainset": 811,
        "lfpw/testset": 224,
        "ibug": 135,
        "01_Indoor": 300,
        "02_Outdoor": 300,
    }
    assert set(facts.test_splits) <= set(facts.splits)
    thresholds = {p.name: (p.failure_threshold, p.auc_threshold) for p in facts.protocols}
    assert thresholds == {
        "300w/inter_ocular": (0.10, 0.10),
        "300w/inter_pupil": (0.10, 0.10),
        "300w/box": (0.07, 0.07),
        "300w/diag": (0.10, 0.10),
    }
    assert facts.protocols[0].name == "300w/inter_ocular"


@pytest.mark.parametrize("split", W300.facts.splits)
def test_a_split_holds_its_folders(tree, split):
    root, written = tree
    parts = {
        "train": ("afw/", "helen/trainset/", "lfpw/trainset/"),
        "full": ("helen/testset/", "ibug/", "lfpw/testset/"),
        "common": ("helen/testset/", "lfpw/testset/"),
        "challenge": ("ibug/",),
        "private": ("01_Indoor/", "02_Outdoor/"),
    }.get(split, (f"{split}/",))
    expected = [name for part in parts for name in written if name.startswith(part)]
    records = W300(root).records(split)
    assert sorted(record.photo.name for record in records) == sorted(expected)
    for record in records:
        np.testing.assert_allclose(record.points_photo, written[record.photo.name], atol=1e-9)
        assert record.points_photo.dtype == np.float64
        assert record.photo.read().shape == (*SIZE, 3)
        assert record.box is None


def test_points_lie_on_the_picture_they_belong_to(tree):
    """The drawn lines are dark: an off-by-one or a swapped picture would show."""
    root, _ = tree
    for record in W300(root).records("full"):
        grey = record.photo.read().mean(axis=2)
        x, y = np.round(record.points_photo[36:48]).astype(int).T
        assert grey[y, x].mean() < 0.7 * np.median(grey[y - 4, x - 4])


def test_order_is_natural_and_the_same_wherever_the_files_lie(tmp_path):
    write_300w(tmp_path, faces_per_folder=11, folders=["afw", "helen/trainset", "01_Indoor"])
    names = [record.photo.name for record in W300(tmp_path).records("train")]
    numbers = range(1, 12)
    assert names == [
        *(f"afw/134212_{i}.jpg" for i in numbers),
        *(f"helen/trainset/{100 * i}_1.jpg" for i in numbers),
    ]
    indoors = [record.photo.name for record in W300(tmp_path).records("private")]
    assert indoors == [f"01_Indoor/indoor_{i:03d}.png" for i in numbers]
    (tmp_path / "300W" / "01_Indoor").rename(tmp_path / "01_Indoor")
    assert [record.photo.name for record in W300(tmp_path).records("private")] == indoors


def test_faces_of_the_full_set_carry_their_subset(tree):
    root, _ = tree
    for record in W300(root).records("full"):
        part = "challenge" if record.photo.name.startswith("ibug/") else "common"
        assert record.subsets == {part}
    assert {record.subsets for record in W300(root).records("common")} == {frozenset()}


def test_normalisers(tree):
    root, written = tree
    benchmark = W300(root)
    records = benchmark.records("lfpw/testset")
    normalisers = benchmark.normalisers(records)
    assert normalisers.shape == (2, 4)
    for record, row in zip(records, normalisers, strict=True):
        points = written[record.photo.name]
        width, height = points.max(axis=0) - points.min(axis=0)
        left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
        expected = [
            np.hypot(*(points[36] - points[45])),
            np.hypot(*(left - right)),
            np.sqrt(width * height),
            np.hypot(width, height),
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-12)


# --- what is there ---


def test_found_counts_each_folder(own_tree):
    benchmark = W300(own_tree)
    assert benchmark.found("full") == (
        "4 of 689 test faces of the full set "
        "(helen/testset 0 of 330, ibug 1 of 135, lfpw/testset 3 of 224)"
    )
    assert benchmark.found("lfpw/testset") == "3 of 224 faces of lfpw/testset"
    assert benchmark.found("train").startswith("0 of 3,148 training faces (afw 0 of 337, ")
    assert W300().found("ibug") == "0 of 135 faces of ibug"


def test_found_is_suspicious_of_too_many(tmp_path):
    folder = tmp_path / "ibug"
    folder.mkdir()
    for number in range(136):
        (folder / f"{number}.pts").touch()
    assert W300(tmp_path).found("ibug") == (
        "136 of 135 faces of ibug; more than published: look for copies of files"
    )


def test_an_incomplete_set_is_read(own_tree):
    assert len(W300(own_tree).records("full")) == 4
    W300(own_tree).prepare(["full", "common"])


@pytest.mark.parametrize("use", [W300.records, lambda w, split: w.prepare([split])])
def test_a_missing_split_says_where_it_looked_and_what_to_do(own_tree, use):
    with pytest.raises(DataError) as caught:
        use(W300(own_tree), "train")
    message = str(caught.value)
    for folder in ("afw", "helen/trainset", "lfpw/trainset"):
        assert str(own_tree / folder) in message
        assert str(own_tree / "300W" / folder) in message
    assert "The root holds ibug, lfpw." in message
    assert "--root" in message
    assert "https://ibug.doc.ic.ac.uk/resources/300-W/" in message
    assert "02_Outdoor/" in message


def test_a_root_that_is_missing_or_empty(tmp_path):
    with pytest.raises(DataError, match="pass --root DIR"):
        W300().records("train")
    with pytest.raises(DataError, match="does not exist or is no folder"):
        W300(tmp_path / "gone").records("train")
    with pytest.raises(DataError, match="The root holds no files"):
        W300(tmp_path).records("train")


def test_an_empty_folder_is_an_error_even_beside_full_ones(own_tree):
    (own_tree / "helen" / "testset").mkdir(parents=True)
    with pytest.raises(DataError, match=r"holds no \.pts file, expected 330 .*delete the folder"):
        W300(own_tree).records("full")


def test_an_unknown_split():
    with pytest.raises(ValueError, match="no split 'test'; choose from train, full, common"):
        W300().records("test")
    with pytest.raises(ValueError, match="no split 'test'"):
        W300().found("test")


# --- damaged files ---


def replace(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text().replace(old, new, 1))


def test_a_bad_annotation_is_named_with_its_line(own_tree):
    file = own_tree / "lfpw" / "testset" / "image_0002.pts"
    replace(file, file.read_text().splitlines()[9], "nan nan")
    with pytest.raises(DataError, match=r"image_0002\.pts, line 10: coordinate 'nan'"):
        W300(own_tree).records("common")


def test_67_points(own_tree):
    file = own_tree / "ibug" / "image_0001.pts"
    replace(file, "68", "67")
    with pytest.raises(DataError, match=r"image_0001\.pts, line 2: n_points is '67', expected 68"):
        W300(own_tree).records("challenge")


def test_a_truncated_picture_is_noticed_before_it_is_decoded(own_tree):
    picture = own_tree / "ibug" / "image_0001.jpg"
    picture.write_bytes(picture.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"image_0001\.jpg: the picture is truncated"):
        W300(own_tree).records("full")


def test_a_missing_picture(own_tree):
    (own_tree / "lfpw" / "testset" / "image_0002.png").unlink()
    with pytest.raises(DataError, match=r"image_0002\.pts: no picture stands beside"):
        W300(own_tree).records("common")


def test_two_pictures_for_one_annotation(own_tree):
    folder = own_tree / "lfpw" / "testset"
    (folder / "image_0002.jpg").write_bytes((folder / "image_0002.png").read_bytes())
    with pytest.raises(DataError, match=r"2 pictures .* image_0002\.jpg, image_0002\.png; keep"):
        W300(own_tree).records("common")


@pytest.mark.parametrize("suffix", [".PNG", ".jpeg", ".JPG"])
def test_suffixes_in_any_case(own_tree, suffix):
    picture = own_tree / "lfpw" / "testset" / "image_0002.png"
    picture.rename(picture.with_suffix(suffix))
    names = [record.photo.name for record in W300(own_tree).records("common")]
    assert f"lfpw/testset/image_0002{suffix}" in names


def test_the_name_with_a_space_is_found_where_one_side_dropped_it(tmp_path):
    write_300w(tmp_path, folders=["ibug"])
    folder = tmp_path / "ibug"
    assert (folder / "image_092 _01.jpg").exists()
    (folder / "image_092 _01.jpg").rename(folder / "image_092_01.jpg")
    assert [record.photo.name for record in W300(tmp_path).records("ibug")] == [
        "ibug/image_0001.jpg",
        "ibug/image_092_01.jpg",
    ]


def test_hidden_files_and_other_files_are_left_alone(own_tree):
    folder = own_tree / "ibug"
    (folder / "._image_0001.pts").write_bytes(b"\x00\x05\x16\x07")
    (folder / "Thumbs.db").write_bytes(b"?")
    assert len(W300(own_tree).records("ibug")) == 1
    assert W300(own_tree).found("ibug") == "1 of 135 faces of ibug"


# --- genuine files ---

genuine = pytest.mark.skipif(not GENUINE.is_dir(), reason="the genuine 300W files are not here")


@pytest.fixture(scope="module")
def genuine_records():
    return W300(GENUINE).records("train")


@genuine
def test_genuine_counts(genuine_records):
    benchmark = W300(GENUINE)
    assert len(genuine_records) == 2012
    assert len(benchmark.records("lfpw/testset")) == 224
    assert benchmark.found("train") == (
        "2,012 of 3,148 training faces "
        "(afw 337 of 337, helen/trainset 870 of 2,000, lfpw/trainset 805 of 811)"
    )
    assert benchmark.found("full").startswith("224 of 689 ")


@genuine
def test_genuine_points_lie_on_the_pictures(genuine_records):
    sizes = np.array([record.photo.check()[::-1] for record in genuine_records])
    low = np.array([record.points_photo.min(axis=0) for record in genuine_records])
    high = np.array([record.points_photo.max(axis=0) for record in genuine_records])
    assert (low >= -1).all()
    assert (high <= sizes).all()


def between_the_eyes(points):
    """A face turned and scaled so that its eye centres lie at (-0.5, 0) and (0.5, 0)."""
    left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    along = right - left
    turn = np.array([along, [-along[1], along[0]]]) / (along @ along)
    return (points - (left + right) / 2) @ turn.T


@genuine
@pytest.mark.parametrize(("split", "tolerance"), [("train", 0.02), ("lfpw/testset", 0.05)])
def test_the_mean_of_mirrored_genuine_faces_lies_on_the_mirror_of_their_mean(split, tolerance):
    """Mirrored as in training: x runs backwards on the picture, and names change by the table.

    Two bounds, in eye distances. A wrong pair in the table, or points read in a wrong order, would
    put a mean landmark onto another one: it must stay within half of the way to its nearest
    neighbour (0.067 away at the least; found: at most a fifth of the way). And faces
    look left as often as right, but only on average: the standard error of the difference is up to
    0.012 for 2,012 faces and 0.031 for 224, and 0.0153 and 0.034 are found.
    """
    records = W300(GENUINE).records(split)
    assert len(records) == {"train": 2012, "lfpw/testset": 224}[split]
    faces, mirrored = [], []
    for record in records:
        flip = flip_affine(record.photo.check().width, torch.float64)
        points = apply_affine(flip, torch.from_numpy(record.points_photo))
        faces.append(between_the_eyes(record.points_photo))
        mirrored.append(between_the_eyes(points[MARKUP_68.mirror_index].numpy()))
    mean, mean_of_mirrored = np.mean(faces, axis=0), np.mean(mirrored, axis=0)
    off = np.linalg.norm(mean_of_mirrored - mean, axis=1)
    apart = np.linalg.norm(mean[:, None] - mean, axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert (off < apart.min(axis=1) / 2).all()
    assert off.max() < tolerance
    # The mirror of the mean face is the mean of the mirrored ones, name by name.
    np.testing.assert_allclose(
        mean_of_mirrored, (mean * [-1, 1])[list(MARKUP_68.mirror)], atol=1e-12
    )
    assert np.abs(mean - MARKUP_68.mean_shape).max() < 0.15
