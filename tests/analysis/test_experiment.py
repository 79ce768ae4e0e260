from pathlib import Path

import pytest

from landmarks.analysis.experiment import Experiment
from landmarks.errors import SettingsError

GOOD = """
seeds: [0, 3]
splits: [ibug]
size: 16
model:
  crop_size: 64
  codec: {class_path: A, init_args: {heatmap_size: 16, sigma: 1e-1}}
data: {class_path: D, init_args: {root: there}}
methods:
  same:
  sharper: {codec: {init_args: {sigma: 0.5}}}
  other: {codec: {class_path: B}}
""".replace("size: 16\n", "", 1)


def settings_of(experiment, method, seed, output):
    (condition,) = experiment.conditions
    return experiment.settings(method, condition, seed, output)


def read(folder, text, **settings):
    path = folder / "tried.yaml"
    path.write_text(text, encoding="utf-8")
    return Experiment.read(path, **settings)


def test_methods_are_laid_over_the_model(tmp_path):
    experiment = read(tmp_path, GOOD)
    assert experiment.name == "tried"
    assert experiment.seeds == (0, 3)
    shared = {"heatmap_size": 16, "sigma": 0.1}
    codecs = {
        method: settings_of(experiment, method, 3, Path("out"))["model"]["codec"]
        for method in experiment.methods
    }
    assert codecs == {
        "same": {"class_path": "A", "init_args": shared},
        "sharper": {"class_path": "A", "init_args": {**shared, "sigma": 0.5}},
        "other": {"class_path": "B"},
    }
    settings = settings_of(experiment, "other", 3, Path("out"))
    assert (settings["seed_everything"], settings["output"]) == (3, "out")
    assert settings["model"]["crop_size"] == 64
    assert settings["data"]["init_args"] == {"root": "there", "test_splits": ["ibug"]}


def test_the_root_of_the_command_line_wins(tmp_path):
    experiment = read(tmp_path, GOOD, root="elsewhere")
    data = settings_of(experiment, "same", 0, tmp_path)["data"]
    assert data["init_args"]["root"] == "elsewhere"


def test_values_may_refer_to_each_other(tmp_path):
    text = GOOD.replace("heatmap_size: 16", "heatmap_size: '${model.crop_size}'")
    codec = settings_of(read(tmp_path, text), "same", 0, tmp_path)["model"]["codec"]
    assert codec["init_args"]["heatmap_size"] == 64


@pytest.mark.parametrize(
    ("lines", "expected"), [("", (0,)), ("seed_everything: 7", (7,)), ("seeds: [5]", (5,))]
)
def test_seeds_have_a_default(lines, expected, tmp_path):
    assert read(tmp_path, GOOD.replace("seeds: [0, 3]", lines)).seeds == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("methods:", "metods:", "no section 'metods'"),
        ("seeds: [0, 3]", "seeds: [0, 0]", "seeds is \\[0, 0\\]"),
        ("seeds: [0, 3]", "seeds: 3", "seeds is 3"),
        ("seeds: [0, 3]", "seeds: [-1]", "seeds is \\[-1\\]"),
        ("splits: [ibug]", "splits: ibug", "splits is 'ibug'"),
        ("splits: [ibug]", "splits: [", "line 5: "),
        ("same:", "a/b:", "'a/b' cannot name a method"),
        ("same:", "same: 3", "method 'same' is 3"),
        ("same:", "sharper: {}", "sharper"),
        ("heatmap_size: 16", "heatmap_size: '${nowhere}'", "nowhere"),
        ("data: {", "trainer: {}\ndate: {", "no section 'date'"),
    ],
)
def test_a_wrong_experiment_names_the_file_and_the_fault(old, new, message, tmp_path):
    with pytest.raises(SettingsError, match=message) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert "tried.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("section", ["model", "data", "methods"])
def test_a_missing_section_is_named(section, tmp_path):
    lines = GOOD.split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(section))
    end = start + 1
    while lines[end].startswith(" "):
        end += 1
    with pytest.raises(SettingsError, match=f"section '{section}' is missing"):
        read(tmp_path, "\n".join(lines[:start] + lines[end:]))


def test_a_file_that_is_no_experiment_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="expected sections"):
        read(tmp_path, "[1, 2]")
    with pytest.raises(SettingsError, match="cannot be read"):
        Experiment.read(tmp_path / "missing.yaml")


def test_foreign_predictions_lie_beside_the_file_that_names_them(tmp_path):
    experiment = read(tmp_path, GOOD + "foreign: {star: scored/star, hrnet: /abs/hrnet}\n")
    assert experiment.foreign == {"star": tmp_path / "scored/star", "hrnet": Path("/abs/hrnet")}
    for wrong in ("foreign: [a]", "foreign: {a: 3}", "foreign: {same: there}", "foreign: {a/b: c}"):
        with pytest.raises(SettingsError, match=r"foreign is|cannot name predictions"):
            read(tmp_path, GOOD + wrong)


def test_test_faces_are_decoded_after_each_epoch_unless_one_says_no(tmp_path):
    assert read(tmp_path, GOOD).test_every_epoch is True
    assert read(tmp_path, GOOD + "test_every_epoch: false").test_every_epoch is False
    with pytest.raises(SettingsError, match="test_every_epoch is 3; expected true or false"):
        read(tmp_path, GOOD + "test_every_epoch: 3")
