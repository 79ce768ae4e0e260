"""Crops as they stand in experiment files and on the command line."""

import json

import numpy as np
import polars
import pytest
import yaml

from landmarks.cli import main
from landmarks.commands.train import build
from landmarks.data.crops import (
    AnnotatedFivePoints,
    FixedWindow,
    LandmarkBox,
)
from landmarks.errors import SettingsError
from landmarks.results import FaceResults
from tests.analysis.tiny_experiment import tiny_experiment

ALIGNED = {
    "class_path": "landmarks.data.crops.FivePointAlignment",
    "init_args": {
        "points": {
            "class_path": "landmarks.data.crops.AnnotatedFivePoints",
            "init_args": {"noise": 0.05},
        },
        "template": {"class_path": "landmarks.data.crops.MeanFaceTemplate"},
        "otherwise": {"class_path": "landmarks.data.crops.LandmarkBox"},
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("crops")


def settings(folder, **data):
    """Those of `landmarks fit`, of the tiny experiment with these options of the data."""
    file = tiny_experiment(folder)
    found = yaml.safe_load(file.read_text())
    shared = {name: found[name] for name in ("model", "data", "trainer")}
    shared["model"].update(found["methods"]["argmax"])
    shared["data"]["init_args"] |= {"test_splits": ["lfpw/testset"], **data}
    return {**shared, "output": str(folder / "run")}


def data_of(folder, **data):
    module = build(settings(folder, **data)).datamodule
    module.setup("fit")
    module.setup("test")
    return module


def test_an_aligned_training_runs_from_a_file_and_is_tested_on_a_detectors_points(folder):
    config = folder / "aligned.yaml"
    config.write_text(yaml.safe_dump(settings(folder, crop=ALIGNED)))
    assert main(["fit", "--config", str(config)]) == 0
    records = build(settings(folder)).datamodule.benchmark.records("lfpw/testset")
    find = AnnotatedFivePoints().for_markup(build(settings(folder)).datamodule.facts.markup)
    rng = np.random.default_rng(0)
    points = folder / "points.json"
    points.write_text(
        json.dumps({record.photo.name: [find(record, rng).tolist()] for record in records})
    )
    words = ["test", "--config", str(config), "--output", str(folder / "tested")]
    words += ["--ckpt_path", str(folder / "run" / "checkpoints" / "best.ckpt")]
    words += ["--data.init_args.test_crop", "landmarks.data.crops.FivePointAlignment"]
    words += ["--data.init_args.test_crop.points", "landmarks.data.crops.DetectedFivePoints"]
    assert main([*words, f"--data.init_args.test_crop.points.file={points}"]) == 0
    faces = polars.read_parquet(folder / "tested" / "faces.parquet")
    assert faces.height == len(records)
    assert FaceResults.load(folder / "tested" / "points-lfpw-testset.npz").nme


def test_training_and_test_faces_may_be_cropped_otherwise(folder):
    fixed = {"class_path": "FixedWindow", "init_args": {"x": 40, "y": 41, "side": 60}}
    module = data_of(folder, crop=ALIGNED, test_crop=fixed)
    sides = {
        "train": module.training_set().window(0, 0, 0).side,
        "validation": module.val_dataloader().dataset.window(0, 0, 0).side,
        "test": module.test_dataloader()[0].dataset.window(0, 0, 0).side,
    }
    assert sides["test"] == 60
    assert sides["train"] != 60
    assert sides["validation"] != 60
    module = data_of(folder, crop=fixed)
    assert module.test_crop is module.crop
    assert module.test_crop.window == FixedWindow(40, 41, 60).window


def test_evaluation_crops_are_the_same_whatever_the_seed_and_the_workers(folder):
    def crops(seed, workers):
        module = data_of(folder, crop=ALIGNED, workers=workers)
        again = {**settings(folder, crop=ALIGNED, workers=workers), "seed_everything": seed}
        module = build(again).datamodule
        module.setup("fit")
        module.setup("test")
        loaders = [module.val_dataloader(), *module.test_dataloader()]
        places = [batch.photo_from_crop for loader in loaders for batch in loader]
        return module.draws_digest(), np.concatenate(places)

    draws, places = crops(seed=0, workers=0)
    same_draws, same_places = crops(seed=0, workers=2)
    other_draws, other_places = crops(seed=1, workers=0)
    assert draws == same_draws != other_draws
    np.testing.assert_array_equal(places, same_places)
    np.testing.assert_array_equal(places, other_places)


def test_a_face_without_a_window_is_found_before_training(folder):
    detected = {
        "class_path": "FivePointAlignment",
        "init_args": {
            "points": {
                "class_path": "DetectedFivePoints",
                "init_args": {"file": str(folder / "few.json")},
            }
        },
    }
    face = [[1, 1], [3, 1], [2, 2], [1, 3], [3, 3]]
    (folder / "few.json").write_text(json.dumps({"elsewhere.jpg": [face]}))
    with pytest.raises(ValueError, match="is aligned by five coarse points, of which 0 are known"):
        data_of(folder, crop=detected)
    detected["init_args"]["otherwise"] = "landmarks.data.crops.LandmarkBox"
    module = data_of(folder, crop=detected)
    record = module.training_set().records[0]
    window = module.training_set().window(0, 0, 0)
    assert window == LandmarkBox()(record, np.random.default_rng(0))


def test_a_misspelt_crop_is_named(folder):
    for crop, message in [
        ({"class_path": "NoBox"}, "NoBox"),
        ({"class_path": "LandmarkBox", "init_args": {"faktor": 1}}, "faktor"),
        ({"class_path": "LandmarkBox", "init_args": {"factor": -1}}, "crop factor -1"),
    ]:
        with pytest.raises(SettingsError, match=message):
            build(settings(folder, crop=crop))


def test_compare_tests_again_when_only_the_test_crop_has_changed(tmp_path):
    from landmarks.analysis.experiment import Experiment
    from landmarks.analysis.plan import make_plan

    def plan(**data):
        changes = {f"data.init_args.{name}": value for name, value in data.items()}
        file = tiny_experiment(tmp_path, methods={"argmax": {}}, **changes)
        return make_plan(Experiment.read(file), tmp_path / "out").runs[0]

    plain = plan()
    tested = plan(test_crop=ALIGNED)
    trained = plan(crop=ALIGNED)
    assert tested.training_key == plain.training_key
    assert tested.key != plain.key
    assert trained.training_key != plain.training_key
    assert plan().key == plain.key
