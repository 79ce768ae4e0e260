import os
from pathlib import Path

import polars
import pytest
import yaml

from landmarks.analysis.sensitivity import measure
from landmarks.cli import main
from tests.analysis.tiny_experiment import tiny_experiment

LEVELS = ["--shift=0.1,0.2", "--scale=1.5", "--rotation=40"]
CONDITIONS = 1 + 8 + 2 + 2


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a trained network, and the words that name it."""
    folder = tmp_path_factory.mktemp("sensitivity")
    found = yaml.safe_load(tiny_experiment(folder).read_text())
    config = folder / "experiment.yaml"
    config.write_text(yaml.safe_dump({name: found[name] for name in ("model", "data", "trainer")}))
    assert main(["fit", "--config", str(config), "--output", str(folder / "run")]) == 0
    # A training's own settings will do, with all that stands in them.
    words = ["data", "sensitivity", "--config", str(folder / "run" / "config.yaml")]
    return folder, [*words, "--ckpt_path", str(folder / "run" / "checkpoints" / "best.ckpt")]


def test_a_checkpoint_is_measured_and_a_second_call_goes_on(trained, capsys):
    folder, words = trained
    output = folder / "out"
    words = [*words, *LEVELS, "--split", "lfpw/testset", "--output", str(output)]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "found 3 of 224 faces of lfpw/testset" in shown
    assert "orientation" in (output / "verdict.txt").read_text()
    table = polars.read_csv(output / "sensitivity.csv")
    assert table.height == 4 * CONDITIONS
    assert (output / "sensitivity-lfpw-testset.svg").exists()
    assert (output / "sensitivity-lfpw-testset.png").exists()
    files = sorted((output / "conditions").rglob("*.parquet"))
    assert len(files) == CONDITIONS
    faces = polars.read_parquet(next(file for file in files if file.stem == "unchanged"))
    assert faces["face"].to_list() == [0, 1, 2]

    # The unchanged crop is what a test run sees.
    tested = ["test", *words[2:6], "--output", str(folder / "tested")]
    assert main([*tested, "--data.init_args.test_splits=[lfpw/testset]"]) == 0
    expected = polars.read_parquet(folder / "tested" / "faces.parquet")
    for protocol in ("300w/inter_ocular", "300w/box"):
        assert faces[protocol].to_list() == pytest.approx(expected[protocol].to_list(), rel=1e-4)

    # One condition is missing, as after an interruption, and another level is asked for.
    missing = next(file for file in files if file.stem.startswith("rotation"))
    missing.unlink()
    before = {file: os.stat(file).st_mtime_ns for file in files if file != missing}
    assert main([arg.replace("--scale=1.5", "--scale=1.5,2") for arg in words]) == 0
    assert {file: os.stat(file).st_mtime_ns for file in before} == before
    assert missing.exists()
    assert len(sorted((output / "conditions").rglob("*.parquet"))) == CONDITIONS + 2


def test_other_settings_are_measured_apart(trained):
    folder, words = trained
    output = folder / "apart"
    words = [*words, "--shift=0.1", "--scale=1.5", "--rotation=40", "--output", str(output)]
    words += ["--split", "ibug"]
    factor = "--data.init_args.test_crop={class_path: LandmarkBox, init_args: {factor: 1.6}}"
    for more in ([], [factor], ["--faces", "2"]):
        assert main([*words, *more]) == 0
    assert len(list((output / "conditions").iterdir())) == 3
    faces = polars.read_csv(output / "sensitivity.csv")["faces"]
    assert faces.unique().to_list() == [2]


def test_an_interruption_keeps_what_is_measured(trained, monkeypatch, capsys):
    folder, words = trained
    output = folder / "interrupted"
    words = [*words, *LEVELS, "--split", "ibug", "--output", str(output)]
    real = measure.measure_faces
    calls = []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr("landmarks.analysis.sensitivity.measure_faces", interrupted)
    assert main(words) == 130
    assert "goes on behind the last finished condition" in capsys.readouterr().out
    assert len(list((output / "conditions").rglob("*"))) == 1 + 3
    assert main(words) == 0
    assert len(calls) == 4 + CONDITIONS - 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shift", "0.1,x"], "--shift '0.1,x' is no list of numbers"),
        (["--scale", "0.8"], "--scale '0.8': sizes must be larger than 1"),
        (["--rotation", "0"], "--rotation '0': sizes must be larger than 0"),
        (["--rise", "0"], "--rise 0.0 must be a share above 0"),
        (["--faces", "1"], "--faces 1 must be at least 2"),
        (["--split", "nowhere"], "nowhere"),
        (["--ckpt_path", "nowhere.ckpt"], "nowhere.ckpt: there is no such checkpoint file"),
        (["--data.init_args.batchsize=3"], "batchsize"),
        (["--model.codec.init_args.heatmap_size=16"], "the checkpoint was trained for fields"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_status_2(trained, words, message, capsys):
    folder, given = trained
    assert main([*given, "--output", str(folder / "bad"), *words]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.strip().count("\n") == 0


def test_an_experiment_of_several_methods_is_refused(trained, capsys):
    folder, words = trained
    several = [
        str(folder / "tiny.yaml") if word.endswith("config.yaml") else word for word in words
    ]
    assert main([*several, "--output", str(folder / "bad")]) == 2
    assert "is a comparison of several methods" in capsys.readouterr().err
    assert not Path(folder / "bad").exists()
