"""Every experiment file can be run: its settings build, and two batches go through."""

from pathlib import Path

import pytest
import yaml

from landmarks.analysis.experiment import Experiment
from landmarks.commands.train import build
from tests.benchmarks.official.w300 import write_300w

FOLDER = Path(__file__).parents[1] / "experiments"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.yaml"))


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    w300 = tmp_path_factory.mktemp("300w")
    write_300w(w300, faces_per_folder=2)
    return {"W300Data": w300, "SyntheticData": tmp_path_factory.mktemp("synthetic")}


def settings_of(file, roots, output):
    """A `landmarks fit` file's settings; of a comparison's methods, the settings of each."""
    path = FOLDER / file
    settings = yaml.safe_load(path.read_text())
    root = str(roots[settings["data"]["class_path"].rsplit(".", 1)[1]])
    if "methods" in settings:
        experiment = Experiment.read(path, root)
        return [experiment.settings(method, 0, output) for method in experiment.methods]
    settings["data"]["init_args"]["root"] = root
    return [{**settings, "output": str(output)}]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_two_batches_go_through(file, roots, tmp_path):
    for place, settings in enumerate(settings_of(file, roots, tmp_path / "output")):
        settings["trainer"] |= {
            "accelerator": "cpu",
            "fast_dev_run": 1 if place == 0 else 0,
            "enable_progress_bar": False,
            "enable_model_summary": False,
        }
        backbone = settings["model"]["network"]["init_args"].get("backbone", {})
        if backbone.get("init_args", {}).get("pretrained"):
            backbone["init_args"]["pretrained"] = False  # downloading is not what is tested here
        data = settings["data"]["init_args"]
        data |= {"batch_size": 2, "workers": 0, "validation": 0.4}
        if "train_faces" in data:
            data |= {"train_faces": 5, "test_faces": 2}
        run = build(settings)
        if place == 0:  # the methods differ in the codec alone
            run.trainer.fit(run.model, run.datamodule)


def test_each_file_says_how_it_is_run():
    for file in FILES:
        header = (FOLDER / file).read_text().split("\n\n")[0]
        assert f"experiments/{file}" in (FOLDER / file).read_text(), file
        assert header.startswith("# "), file
