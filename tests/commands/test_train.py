import subprocess
import sys
from pathlib import Path

import numpy as np
import polars
import pytest
import torch
import yaml

from landmarks.cli import main
from landmarks.commands.train import build
from landmarks.errors import SettingsError
from landmarks.results import FaceResults
from tests.benchmarks.official.w300 import write_300w


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("300w")
    write_300w(folder, faces_per_folder=3, folders=("afw", "helen/trainset", "lfpw/testset"))
    return folder


def experiment(root, output, **model):
    return {
        "seed_everything": 3,
        "output": str(output),
        "model": {
            "crop_size": 32,
            "codec": {
                "class_path": "landmarks.codecs.ContinuousHeatmap",
                "init_args": {"heatmap_size": 8},
            },
            "network": {
                "class_path": "landmarks.backbones.PyramidNetwork",
                "init_args": {
                    "width": 8,
                    "backbone": {
                        "class_path": "landmarks.backbones.MobileNetV2",
                        "init_args": {"width": 0.35},
                    },
                },
            },
            "objective": {"class_path": "landmarks.objectives.Supervised"},
            "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.01}},
            "scheduler": {"class_path": "landmarks.schedules.OneCycle"},
            **model,
        },
        "data": {
            "class_path": "landmarks.datamodules.W300Data",
            "init_args": {
                "root": str(root),
                "batch_size": 2,
                "validation": 0.34,
                "test_splits": ["lfpw/testset"],
                "workers": 0,
            },
        },
        "trainer": {
            "max_epochs": 2,
            "accelerator": "cpu",
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "log_every_n_steps": 1,
        },
    }


def codec(kind, **settings):
    return {"class_path": f"landmarks.codecs.{kind}", "init_args": {"heatmap_size": 8, **settings}}


def write(path, settings):
    path.write_text(yaml.safe_dump(settings))
    return str(path)


@pytest.fixture(scope="module")
def trained(root, tmp_path_factory):
    """A finished training and its settings."""
    output = tmp_path_factory.mktemp("fit")
    config = write(output / "experiment.yaml", experiment(root, output))
    assert main(["fit", "--config", config]) == 0
    return output, config


def test_a_training_leaves_its_files(trained):
    output, _ = trained
    assert (output / "checkpoints" / "best.ckpt").is_file()
    assert (output / "checkpoints" / "last.ckpt").is_file()
    saved = yaml.safe_load((output / "config.yaml").read_text())
    assert saved["model"]["codec"]["init_args"]["heatmap_size"] == 8
    metrics = polars.read_csv(output / "metrics.csv")
    assert {"train/supervised", "val/nme", "val/fr", "val/auc"} <= set(metrics.columns)
    assert metrics["val/nme"].drop_nulls().len() == 2
    assert not (output / "faces.parquet").exists(), "test faces must not be touched by fit"


def test_the_best_checkpoint_is_the_best_on_validation(trained):
    output, _ = trained
    scores = polars.read_csv(output / "metrics.csv")["val/nme"].drop_nulls().to_list()
    best = torch.load(output / "checkpoints" / "best.ckpt", weights_only=True)
    assert best["epoch"] == int(np.argmin(scores))
    last = torch.load(output / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["epoch"] == 1


def test_a_test_writes_every_face_and_leaves_the_settings(trained, tmp_path):
    output, config = trained
    before = (output / "config.yaml").read_bytes()
    checkpoint = str(output / "checkpoints" / "best.ckpt")
    assert main(["test", "--config", config, "--ckpt_path", checkpoint]) == 0
    faces = polars.read_parquet(output / "faces.parquet")
    assert faces["photo"].to_list() == sorted(faces["photo"])
    assert faces.height == 3
    assert {"300w/inter_ocular", "300w/inter_pupil", "300w/box", "300w/diag"} <= set(faces.columns)
    assert (output / "config.yaml").read_bytes() == before
    results = FaceResults.load(output / "points-lfpw-testset.npz")
    assert results.points_photo.shape == (3, 68, 2)
    np.testing.assert_allclose(
        100 * results.nme["300w/inter_ocular"], faces["300w/inter_ocular"].to_numpy()
    )


def test_the_command_line_decides_how_a_checkpoint_is_decoded(trained, tmp_path):
    output, config = trained
    checkpoint = str(output / "checkpoints" / "best.ckpt")
    found = {}
    for peak in ("LocalSoftArgmax", "Argmax"):
        words = ["test", "--config", config, "--ckpt_path", checkpoint]
        words += ["--output", str(tmp_path / peak)]
        assert main([*words, f"--model.codec.init_args.peak=landmarks.codecs.{peak}"]) == 0
        found[peak] = FaceResults.load(tmp_path / peak / "points-lfpw-testset.npz").points_photo
    assert (found["LocalSoftArgmax"] != found["Argmax"]).any()


def test_the_same_seed_gives_the_same_weights(trained, root, tmp_path):
    output, config = trained
    for name, words in {
        "again": [],
        "workers": ["--data.init_args.workers=2"],
        "other": ["--seed_everything=4"],
    }.items():
        assert main(["fit", "--config", config, "--output", str(tmp_path / name), *words]) == 0
    weights = {
        name: torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
        for name, folder in {
            "first": output,
            **{name: tmp_path / name for name in ("again", "workers", "other")},
        }.items()
    }

    def same(first, second):
        return all(torch.equal(weights[first][key], weights[second][key]) for key in weights[first])

    assert same("first", "again")
    assert same("first", "workers")
    assert not same("first", "other")


@pytest.mark.slow
def test_two_devices_test_like_one(trained, tmp_path):
    output, config = trained
    checkpoint = str(output / "checkpoints" / "best.ckpt")
    tables = []
    for devices in ("1", "2"):
        words = ["test", "--config", config, "--ckpt_path", checkpoint]
        words += ["--output", str(tmp_path / devices), "--trainer.devices", devices]
        words += ["--trainer.strategy", "ddp"] if devices == "2" else []
        subprocess.run(
            [sys.executable, "-m", "landmarks", *words],
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[2],
        )
        tables.append(polars.read_parquet(tmp_path / devices / "faces.parquet"))
    assert tables[0].select("face", "photo").equals(tables[1].select("face", "photo"))
    for protocol in ("300w/inter_ocular", "300w/diag"):
        np.testing.assert_allclose(tables[0][protocol], tables[1][protocol], rtol=1e-5)
    one, two = (
        FaceResults.load(tmp_path / devices / "points-lfpw-testset.npz") for devices in "12"
    )
    np.testing.assert_allclose(one.covariances_photo, two.covariances_photo, rtol=1e-3)
    np.testing.assert_array_equal(one.true_points_photo, two.true_points_photo)
    alone, shared = (found.calibration("300w/inter_ocular") for found in (one, two))
    assert alone.points == shared.points == 3 * 68
    assert shared.nll == pytest.approx(alone.nll, rel=1e-3)
    assert shared.temperature == pytest.approx(alone.temperature, rel=1e-3)
    logged = [
        polars.read_csv(tmp_path / devices / "metrics.csv").row(0, named=True) for devices in "12"
    ]
    for name in ("nll", "coverage_50", "coverage_95", "spearman"):
        values = [row[f"lfpw/testset/300w/inter_ocular/{name}"] for row in logged]
        assert values[0] == pytest.approx(values[1], rel=1e-2, abs=0.5)
    assert logged[0]["lfpw/testset/300w/inter_ocular/nll"] == pytest.approx(alone.nll, rel=1e-4)


def test_codecs_start_from_the_same_shared_weights(root, tmp_path):
    states = [
        build(experiment(root, tmp_path, codec=chosen)).model.network.state_dict()
        for chosen in (codec("ContinuousHeatmap"), codec("IntegerHeatmap"), codec("HIH"))
    ]
    shared = [key for key in states[0] if key.startswith(("backbone", "neck"))]
    assert len(shared) > 100
    for state in states[1:]:
        for key in shared:
            assert torch.equal(states[0][key], state[key]), key


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codec": codec("ContinuousHeatmap", heatmap_sise=8)}, "heatmap_sise"),
        ({"codec": codec("ContinuousHeatmap", heatmap_size=64)}, "64 cells does not fit a crop"),
        ({"codec": codec("ContinuousHeatmap", heatmap_size="many")}, "many"),
        ({"codec": codec("Contniuous")}, "Contniuous"),
    ],
)
def test_settings_that_cannot_work_name_themselves(root, tmp_path, change, message, capsys):
    settings = experiment(root, tmp_path / "out", **change)
    with pytest.raises(SettingsError, match=message):
        build(settings)
    try:
        status = main(["fit", "--config", write(tmp_path / "experiment.yaml", settings)])
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def damage_truncate(root):
    file = min((root / "afw").glob("*.jpg"))
    file.write_bytes(file.read_bytes()[:-200])
    return file.name


def damage_nan(root):
    file = sorted((root / "helen" / "trainset").glob("*.pts"))[1]
    lines = file.read_text().splitlines()
    lines[6] = "nan 20.0"
    file.write_text("\n".join(lines))
    return f"{file.name}, line 7"


def damage_count(root):
    file = sorted((root / "afw").glob("*.pts"))[0]
    lines = file.read_text().splitlines()
    del lines[10]
    file.write_text("\n".join(lines))
    return file.name


@pytest.mark.parametrize("damage", [damage_truncate, damage_nan, damage_count])
def test_damaged_files_are_named_before_training_starts(damage, tmp_path, capsys):
    root = tmp_path / "300w"
    write_300w(root, faces_per_folder=3, folders=("afw", "helen/trainset"))
    place = damage(root)
    config = write(tmp_path / "experiment.yaml", experiment(root, tmp_path / "out"))
    assert main(["fit", "--config", config]) == 2
    printed = capsys.readouterr()
    assert place in printed.err
    assert "found 6 of 3,148 training faces" in printed.out
    assert not list((tmp_path / "out").glob("checkpoints/*"))


def test_an_empty_folder_is_named(tmp_path, capsys):
    config = write(tmp_path / "experiment.yaml", experiment(tmp_path, tmp_path / "out"))
    assert main(["fit", "--config", config]) == 2
    error = capsys.readouterr().err
    assert str(tmp_path / "afw") in error
    assert "ibug.doc.ic.ac.uk" in error


def test_a_checkpoint_of_another_kind_is_refused(trained, tmp_path, capsys):
    output, config = trained
    best = torch.load(output / "checkpoints" / "best.ckpt", weights_only=True)
    best["landmarks"]["markup"] = "98"
    other, strange = tmp_path / "wflw.ckpt", tmp_path / "strange.ckpt"
    torch.save(best, other)
    del best["landmarks"]
    torch.save(best, strange)
    for file, message in (
        (other, "trained for markup 98, this run asks for markup 68"),
        (strange, "not written by this project"),
        (tmp_path / "absent.ckpt", "absent.ckpt"),
    ):
        assert main(["test", "--config", config, "--ckpt_path", str(file)]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert file.name in error
    words = ["test", "--config", config, "--ckpt_path", str(output / "checkpoints" / "best.ckpt")]
    assert main([*words, "--model.crop_size=64", "--model.codec.init_args.heatmap_size=16"]) == 2
    assert "crop_size" in capsys.readouterr().err


def test_a_garbled_checkpoint_is_named(trained, tmp_path, capsys):
    _, config = trained
    file = tmp_path / "garbled.ckpt"
    file.write_bytes(b"not a checkpoint")
    assert main(["test", "--config", config, "--ckpt_path", str(file)]) == 2
    assert "garbled.ckpt" in capsys.readouterr().err


def test_a_training_resumes(trained, tmp_path):
    output, config = trained
    words = ["fit", "--config", config, "--output", str(tmp_path), "--trainer.max_epochs=3"]
    last = output / "checkpoints" / "last.ckpt"
    assert main([*words, "--ckpt_path", str(last)]) == 0
    resumed = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert resumed["epoch"] == 2


def test_a_siamese_training_runs(root, tmp_path):
    objective = {
        "class_path": "landmarks.objectives.Siamese",
        "init_args": {"base": {"class_path": "landmarks.objectives.Supervised"}, "weight": 0.5},
    }
    settings = experiment(root, tmp_path, objective=objective)
    assert main(["fit", "--config", write(tmp_path / "experiment.yaml", settings)]) == 0
    metrics = polars.read_csv(tmp_path / "metrics.csv")
    assert metrics["train/consistency"].drop_nulls().len() > 0
