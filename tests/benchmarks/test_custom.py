import os
from pathlib import Path

import cv2
import numpy as np
import polars
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks.custom import Custom
from landmarks.benchmarks.formats import Coco, CsvTable, PtsFolder, TxtFolder
from landmarks.cli import main
from landmarks.errors import AbsentError, DataError, SettingsError
from tests.analysis.tiny_experiment import tiny_experiment
from tests.benchmarks.fuzz import agree, check_reading, some_of, text_mutations
from tests.benchmarks.official.truth import Face
from tests.benchmarks.own_data import DESCRIPTION, SIZE, coco_file, faces, to_write, write_own

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
SAMPLES = SHARED / "data" / "samples"

TRUTH = {
    "train": faces(8, seed=1),
    "test": faces(4, seed=2),
    "points": faces(3, seed=3, boxes=False, occlusion=False, missing=False, subsets=False),
    "lines": faces(3, seed=4, boxes=False, occlusion=False, missing=False, subsets=False),
}
SPLITS = {
    "train": ("train.json", Coco(occlusion=True), "{coco: train.json, pictures: images}"),
    "test": ("test.csv", CsvTable(), "{csv: test.csv, pictures: images, faces: 5}"),
    "points": ("pts", PtsFolder(), "{pts: pts, pictures: images, first_pixel: 1}"),
    "lines": ("txt", TxtFolder(), "{txt: txt, pictures: images}"),
}


def write(root, splits=tuple(SPLITS), more=""):
    return write_own(root, {name: SPLITS[name] for name in splits}, TRUTH, more)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return write(tmp_path_factory.mktemp("own"))


@pytest.mark.parametrize("split", SPLITS)
def test_every_format_gives_the_faces_that_were_written(own, split):
    benchmark = Custom(own)
    benchmark.prepare([split])
    records = benchmark.records(split)
    assert len(records) == len(TRUTH[split])
    for place, (record, face) in enumerate(zip(records, TRUTH[split], strict=True)):
        assert agree(record, face)
        np.testing.assert_allclose(record.points_photo, face.points, 0, 1e-12)
        assert record.photo.name == f"images/{split}/{place}.png"
        assert record.photo.read().shape == (*SIZE, 3)


def test_points_lie_where_the_dots_are(own):
    """The dots are drawn at the points: an off-by-one of pixels counted from 1 would show."""
    for split in SPLITS:
        for record in Custom(own).records(split):
            known = record.points_photo[np.isfinite(record.points_photo).all(axis=1)]
            x, y = np.round(known).astype(int).T
            colours = record.photo.read()[y, x]
            assert (colours == [240, 60, 20]).all()


def test_pixels_counted_from_1(tmp_path):
    write(tmp_path, ["train", "test"])
    counted_from_1 = tmp_path / "one.yaml"
    text = (tmp_path / "cats.yaml").read_text()
    counted_from_1.write_text(f"first_pixel: 1\n{text}")
    for split in ("train", "test"):
        pairs = zip(
            Custom(tmp_path / "cats.yaml").records(split),
            Custom(counted_from_1).records(split),
            strict=True,
        )
        for zero, one in pairs:
            np.testing.assert_array_equal(one.points_photo, zero.points_photo - 1)
            assert zero.box is not None
            assert one.box == tuple(corner - 1 for corner in zero.box)


def test_what_is_found(own):
    benchmark = Custom(own)
    assert benchmark.found("train") == "8 faces of cats train"
    assert benchmark.found("test") == "4 of 5 faces of cats test"
    for use in (benchmark.records, benchmark.found, lambda split: benchmark.prepare([split])):
        with pytest.raises(ValueError, match="choose from train, test, points, lines"):
            use("none")


def test_protocols_are_those_that_measure_every_face(own, tmp_path):
    names = [protocol.name for protocol in Custom(own).facts.protocols]
    assert names == ["cats/inter_ocular", "cats/inter_pupil", "cats/box", "cats/diag"]
    boxed = Custom(write(tmp_path / "boxed", ["train", "test"])).facts
    assert [p.name for p in boxed.protocols] == [*names, "cats/box@annotated"]
    assert {(p.failure_threshold, p.auc_threshold) for p in boxed.protocols} == {(0.1, 0.1)}
    truth = dict(TRUTH)
    truth["train"] = [face._replace(points=face.points.copy()) for face in TRUTH["train"]]
    truth["train"][2].points[3] = np.nan  # an eye corner
    cornerless = write_own(tmp_path / "cornerless", {"train": SPLITS["train"]}, truth)
    assert [p.name for p in Custom(cornerless).facts.protocols] == [
        "cats/box", "cats/diag", "cats/box@annotated"
    ]  # fmt: skip
    for description in (own, cornerless):
        benchmark = Custom(description)
        for split in benchmark.facts.splits:
            normalisers = benchmark.normalisers(benchmark.records(split))
            assert (normalisers > 0).all()


def test_stated_protocols_come_first_with_their_thresholds(tmp_path):
    stated = "protocols: {diag: {failure_threshold: 0.05}, inter_ocular: {auc_threshold: 0.08}}\n"
    facts = Custom(write(tmp_path, ["test"], stated)).facts
    assert [protocol.name for protocol in facts.protocols] == [
        "cats/diag", "cats/inter_ocular", "cats/inter_pupil", "cats/box", "cats/box@annotated"
    ]  # fmt: skip
    assert facts.protocols[0].failure_threshold == 0.05
    assert facts.protocols[1].auc_threshold == 0.08


def test_subsets_of_the_files_are_listed(own, tmp_path):
    assert Custom(own).facts.subsets == {"fluffy": (None, "faces of fluffy")}
    stated = "subsets: {fluffy: {faces: 2, description: long hair}}\n"
    assert Custom(write(tmp_path, ["test"], stated)).facts.subsets == {"fluffy": (2, "long hair")}


def test_annotations_may_lie_beside_the_description_and_pictures_below_a_root(tmp_path):
    write(tmp_path / "data")
    apart = tmp_path / "apart"
    apart.mkdir()
    for name in ("cats.yaml", "train.json", "test.csv", "pts", "txt"):
        (tmp_path / "data" / name).rename(apart / name)
    benchmark = Custom(apart / "cats.yaml", tmp_path / "data")
    for split, truth in TRUTH.items():
        assert all(map(agree, benchmark.records(split), truth))
    (tmp_path / "data" / "train.json").write_text("{}")
    with pytest.raises(DataError, match="there twice"):
        benchmark.records("train")


def test_files_that_are_not_there(tmp_path):
    description = write(tmp_path)
    (tmp_path / "train.json").unlink()
    benchmark = Custom(description)
    for use in (benchmark.records, lambda split: benchmark.prepare([split])):
        with pytest.raises(DataError, match=r"'train.json' of split 'train' is not there") as error:
            use("train")
        assert (error.value.file, error.value.line) == (description, 11)
    assert benchmark.found("train").startswith("0 faces of cats train")
    assert len(benchmark.records("test")) == 4


def test_what_is_wrong_is_said_where_faces_are_counted(tmp_path):
    own = write(tmp_path)
    text = own.read_text()
    more = "nose_tip: 5\npoints: 10"
    own.write_text(text.replace("points: 9\n", "").replace("nose_tip: 5", more))
    benchmark = Custom(own)
    assert benchmark.found("train").startswith(
        "0 faces of cats train; 8 that cannot be read, the first: "
    )
    assert "expected 30: x, y and v for each of the description's 10 points" in (
        benchmark.found("train")
    )
    assert "there is no column 'x9'" in benchmark.found("test")
    assert "expected 10, the description's number" in benchmark.found("lines")
    own.write_text(text.replace("pts: pts", "pts: train.json").replace("txt: txt", "txt: pts"))
    benchmark = Custom(own)
    assert "train.json: a file, expected a folder of .pts files" in benchmark.found("points")
    assert "name another folder in the description" in benchmark.found("lines")


def test_a_root_that_is_no_folder_is_refused_though_all_lies_beside_the_description(own, tmp_path):
    with pytest.raises(AbsentError, match="nowhere: the root is no folder"):
        Custom(own, tmp_path / "nowhere").prepare(["train"])


@pytest.mark.parametrize("command", ["fit", "compare", "data prepare"])
def test_a_description_that_cannot_be_read_is_one_line(command, tmp_path, capsys):
    experiment = tiny_experiment(tmp_path)
    content = yaml.safe_load(experiment.read_text())
    content["data"] = {
        "class_path": "landmarks.datamodules.CustomData",
        "init_args": {"description": str(tmp_path / "none.yaml")},
    }
    words = ["--output", str(tmp_path / "out")]
    if command == "fit":
        content = {key: content[key] for key in ("model", "data", "trainer")}
    experiment.write_text(yaml.safe_dump(content))
    config = [str(experiment)] if command == "compare" else ["--config", str(experiment)]
    assert main([*command.split(), *config, *words]) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert f"error: {tmp_path / 'none.yaml'}: the description cannot be read" in shown


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"validation": 0.001}, "a validation share of 0.001 of 8 faces"),
        ({"validation": 2.0}, "validation is 2.0; expected a share"),
        ({"crop": {"class_path": "landmarks.data.crops.FivePointAlignment", "init_args": {
            "points": {"class_path": "landmarks.data.crops.AnnotatedFivePoints"}}}}, "nose"),
        ({"training": {"class_path": "landmarks.benchmarks.wflw.WFLW"}}, "of the same markup"),
    ],
)  # fmt: skip
def test_settings_that_do_not_go_with_the_data_are_one_line(tmp_path, capsys, settings, message):
    own = write(tmp_path, ["train", "test"])
    own.write_text(own.read_text().replace("nose_tip: 5\n", ""))
    content = yaml.safe_load(tiny_experiment(tmp_path).read_text())
    arguments = {"description": str(own), "workers": 0, **settings}
    data = {"class_path": "landmarks.datamodules.CustomData", "init_args": arguments}
    content = {key: content[key] for key in ("model", "trainer")} | {"data": data}
    (tmp_path / "fit.yaml").write_text(yaml.safe_dump(content))
    words = ["--config", str(tmp_path / "fit.yaml"), "--output", str(tmp_path / "out")]
    assert main(["fit", *words]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "Union" not in shown


def test_a_split_that_does_not_exist_is_refused_as_a_setting(own):
    with pytest.raises(
        SettingsError, match="Cat faces has no split 'nope'; choose from train, test"
    ):
        Custom(own).prepare(["nope"])


@pytest.mark.parametrize("path", ["../train.json", "/etc/passwd", "a/../../x"])
def test_no_file_outside_is_opened(tmp_path, path):
    description = write(tmp_path / "own", ["train"])
    text = description.read_text()
    description.write_text(text.replace("train.json", path))
    with pytest.raises(DataError, match=r"coco is '.*leads out of the folder") as caught:
        Custom(description)
    assert (caught.value.file, caught.value.line) == (description, 11)
    description.write_text(text)
    coco = coco_file(tmp_path / "own" / "train.json", {"keypoints": [5, 5, 2] * 9})
    coco.write_text(coco.read_text().replace("0.png", path))
    with pytest.raises(DataError, match="leads out of the folder") as caught:
        Custom(description).records("train")
    assert caught.value.file == coco


def test_a_picture_of_another_size_is_refused(tmp_path):
    description = write(tmp_path, ["train"])
    cv2.imwrite(str(tmp_path / "images" / "train" / "2.png"), np.zeros((30, 36, 3), np.uint8))
    with pytest.raises(DataError, match=r"is 36 × 30 pixels, the file says 72 × 60") as caught:
        Custom(description).records("train")
    assert caught.value.file == tmp_path / "train.json"
    assert caught.value.line is not None


def test_pictures_of_one_name_in_two_folders_are_told_apart(tmp_path):
    """The usual layout of .pts and .txt, pictures beside them: folders hold the same names."""
    kinds = {"points": PtsFolder(), "lines": TxtFolder()}
    for split, form in kinds.items():
        form.write(tmp_path / split, to_write(TRUTH[split], tmp_path / split))
    description = tmp_path / "cats.yaml"
    description.write_text(
        f"{DESCRIPTION}splits:\n  points: {{pts: points, first_pixel: 1}}\n"
        "  lines: {txt: lines}\n"
    )
    for split in kinds:
        names = [record.photo.name for record in Custom(description).records(split)]
        assert names == [f"{split}/{place}.png" for place in range(3)]


def test_one_name_for_two_pictures_is_refused(tmp_path):
    own = write(tmp_path, ["test"])
    table = polars.read_csv(tmp_path / "test.csv")
    table.with_columns(name=polars.lit("Felix")).write_csv(tmp_path / "test.csv")
    with pytest.raises(DataError, match=r"test\.csv, line 3: .*test/1\.png both have the name 'Fe"):
        Custom(own).records("test")


def test_a_missing_picture_says_where_it_was_looked_for(tmp_path):
    own = write(tmp_path, ["test"])
    (tmp_path / "images" / "test" / "1.png").unlink()
    with pytest.raises(DataError, match=r"test\.csv, line 3: .*test/1\.png is not below .*--root"):
        Custom(own).records("test")


def test_a_point_far_outside_is_refused(tmp_path):
    description = write(tmp_path, ["train"])
    (tmp_path / "0.png").write_bytes((tmp_path / "images" / "train" / "0.png").read_bytes())
    coco_file(tmp_path / "train.json", {"keypoints": [5, 5, 2] * 8 + [900, 5, 2]})
    description.write_text(description.read_text().replace(", pictures: images", ""))
    with pytest.raises(DataError, match=r"point 8 .* is \(900, 5\), more than 10 times"):
        Custom(description).records("train")


def test_one_bad_face_does_not_hide_the_others(tmp_path):
    description = write(tmp_path, ["points"])
    (tmp_path / "pts" / "points" / "1.pts").write_text("x\n")
    (tmp_path / "images" / "points" / "2.png").write_bytes(b"")
    read = []
    for source in Custom(description).sources("points"):
        try:
            source.read()
            read.append("read")
        except DataError as error:
            read.append(str(error.file and error.file.name))
    assert read[:2] == ["read", "1.pts"]
    assert read[2] != "read"


def test_a_changed_file_is_read_again(tmp_path):
    description = write(tmp_path, ["train", "test"])
    benchmark = Custom(description)
    assert len(benchmark.records("train")) == 8
    Coco(occlusion=True).write(tmp_path / "train.json", [])
    with pytest.raises(DataError, match="no images and no annotations"):
        benchmark.records("train")


# --- damaged files ---


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_damaged_coco_file(own, data):
    file = own.parent / "train.json"
    mutation = data.draw(text_mutations(file.read_bytes(), reorder=True))
    check_reading(
        file,
        mutation,
        lambda: Custom(own).records("train"),
        TRUTH["train"],
        legitimate=same_points_or_fewer,
    )


def same_points_or_fewer(records, truth):
    """Whether all faces are of the truth; a lost line may be a box, and a file may lose faces."""
    return all(
        any(
            np.allclose(record.points_photo, face.points, 0, 1e-3, equal_nan=True) for face in truth
        )
        for record in records
    )


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_damaged_csv(own, data):
    file = own.parent / "test.csv"
    mutation = data.draw(text_mutations(file.read_bytes(), reorder=True, last_word=False))
    check_reading(
        file, mutation, lambda: Custom(own).records("test"), TRUTH["test"], legitimate=some_of
    )


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_damaged_pts(own, data):
    file = own.parent / "pts" / "points" / "1.pts"
    mutation = data.draw(text_mutations(file.read_bytes(), counts=[0, 1]))
    check_reading(file, mutation, lambda: Custom(own).records("points"), TRUTH["points"])


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_damaged_txt(own, data):
    file = own.parent / "txt" / "lines" / "1.png.txt"
    mutation = data.draw(text_mutations(file.read_bytes(), counts=[0], last_word=False))
    check_reading(file, mutation, lambda: Custom(own).records("lines"), TRUTH["lines"])


# --- genuine files ---


@pytest.mark.parametrize(
    ("name", "markup", "count", "hidden"),
    [
        ("300w", "68", 2, None),
        ("300wlp", "68", 2, None),
        ("aflw", "19", 2, None),
        ("cofw", "29", 2, [6, 9]),
        ("lapa", "106", 2, None),
        ("wflw", "98", 4, None),
    ],
)
def test_genuine_coco_files(tmp_path, name, markup, count, hidden):
    root = SAMPLES / f"coco_json_{name}"
    if not root.is_dir():
        pytest.skip("the genuine files are not here")
    description = tmp_path / "own.yaml"
    entry = {"coco": f"test_{name}.json"}
    description.write_text(
        yaml.safe_dump({"name": name, "markup": markup, "splits": {"test": entry}})
    )
    benchmark = Custom(description, root)
    records = benchmark.records("test")
    assert len(records) == count
    assert "box@annotated" in benchmark.facts.protocols[-1].name
    for record in records:
        height, width = record.photo.read().shape[:2]
        assert np.isfinite(record.points_photo).all()
        assert (record.points_photo > -1).all()
        assert (record.points_photo < [width, height]).all()
        assert record.box is not None
    if hidden is None:
        assert all(record.occluded is None for record in records)
    else:
        assert [int(np.sum(record.occluded)) for record in records] == hidden
    assert (benchmark.normalisers(records) > 20).all()


# --- commands ---


def experiment(folder, own, name="tiny"):
    return tiny_experiment(
        folder,
        name,
        **{
            "splits": ["test"],
            "data.class_path": "landmarks.datamodules.CustomData",
            "data.init_args.root": None,
            "data.init_args.description": str(own),
            "methods": {"argmax": {}},
        },
    )


def test_two_batches_of_a_training_and_a_test(own, tmp_path):
    settings_ = yaml.safe_load(experiment(tmp_path, own).read_text())
    config = tmp_path / "fit.yaml"
    config.write_text(yaml.safe_dump({"model": settings_["model"]}))
    data = ["--data", "landmarks.datamodules.CustomData", "--data.description", str(own)]
    data += ["--data.root", str(own.parent), "--data.batch_size", "2", "--data.workers", "0"]
    data += ["--data.validation", "0.25"]
    trainer = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"]
    output = ["--output", str(tmp_path / "run")]
    limits = ["--trainer.limit_train_batches", "2", "--trainer.max_epochs", "1"]
    assert main(["fit", "--config", str(config), *data, *trainer, *limits, *output]) == 0
    metrics = polars.read_csv(tmp_path / "run" / "metrics.csv")
    assert metrics["step"].max() == 1, "two batches"
    assert np.isfinite(metrics["val/nme"].drop_nulls().to_numpy()).all()
    checkpoint = ["--ckpt_path", str(tmp_path / "run" / "checkpoints" / "last.ckpt")]
    assert main(["test", "--config", str(config), *data, *trainer, *checkpoint, *output]) == 0
    assert polars.read_parquet(tmp_path / "run" / "faces.parquet").height == 4


def test_a_changed_description_or_annotation_is_another_training(tmp_path):
    from landmarks.analysis.experiment import Experiment
    from landmarks.analysis.plan import make_plan

    own = write(tmp_path / "own", ["train", "test"])

    def key(description=own):
        (run,) = make_plan(Experiment.read(experiment(tmp_path, description)), tmp_path).runs
        return run.training_key, run.key

    first = key()
    text = own.read_text()
    moved = tmp_path / "own" / "moved.yaml"
    moved.write_text(text + "licence: ours\n")
    assert key(moved) == first, "another name of the file, and no other faces"
    own.write_text(text.replace("[1, 2], ", ""))
    assert key()[0] != first[0], "another mirror table"
    own.write_text("protocols: {diag: {failure_threshold: 0.05}}\n" + text)
    assert key()[0] != first[0], "checkpoints are chosen by another protocol"
    own.write_text(text)
    assert key() == first
    coco = tmp_path / "own" / "train.json"
    sound = coco.read_text()
    # a point within the face: crops stay where they are
    x = TRUTH["train"][0].points[4, 0]
    assert sound.count(repr(float(x))) == 1
    coco.write_text(sound.replace(repr(float(x)), repr(float(x) + 0.25)))
    assert key()[0] != first[0], "another annotation"


def test_a_comparison_on_own_data(own, tmp_path):
    file = experiment(tmp_path, own)
    assert main(["compare", str(file), "--output", str(tmp_path / "out")]) == 0
    results = polars.read_csv(tmp_path / "out" / "results.csv")
    assert set(results["protocol"]) >= {"cats/inter_ocular", "cats/box"}


def test_the_oracle_takes_a_description(own, tmp_path):
    words = ["--methods", "argmax", "--heatmap_sizes", "16", "--output", str(tmp_path)]
    assert main(["oracle", "--benchmark", str(own), *words]) == 0
    assert (tmp_path / "oracle.csv").is_file()


def test_a_face_is_a_face():
    """The truth of this file has what its tests are about."""
    assert any(np.isnan(face.points).any() for face in TRUTH["train"])
    assert all(isinstance(face, Face) and face.box is not None for face in TRUTH["test"])
