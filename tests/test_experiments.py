"""Every experiment file can be run: its settings build, and two batches go through."""

from pathlib import Path

import pytest
import yaml

from landmarks.analysis.experiment import Experiment
from landmarks.commands.train import build
from tests.benchmarks.official.trees import TREES

FOLDER = Path(__file__).parents[1] / "experiments"
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.yaml"))


@pytest.fixture(scope="module")
def root_of(tmp_path_factory):
    """A tree of the benchmark that a class reads, `W300LP` or its `W300LPData`; written once."""
    roots = {"Synthetic": tmp_path_factory.mktemp("synthetic")}
    writers = {tree.data.__name__.removesuffix("Data"): tree.write for tree in TREES.values()}

    def get(class_path):
        name = class_path.rsplit(".", 1)[1].removesuffix("Data")
        if name not in roots:
            roots[name] = tmp_path_factory.mktemp(name)
            writers[name](roots[name])
        return str(roots[name])

    return get


def settings_of(file, root_of, output):
    """A `landmarks fit` file's settings; of a comparison's methods, the settings of each."""
    path = FOLDER / file
    settings = yaml.safe_load(path.read_text())
    root = root_of(settings["data"]["class_path"])
    if "methods" in settings:
        experiment = Experiment.read(path, root)
        return [
            experiment.settings(method, condition, 0, output)
            for condition in experiment.conditions
            for method in experiment.methods
        ]
    settings["data"]["init_args"]["root"] = root
    return [{**settings, "output": str(output)}]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_two_batches_go_through(file, root_of, tmp_path):
    for place, settings in enumerate(settings_of(file, root_of, tmp_path / "output")):
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
        if "training" in data:
            data["training"]["init_args"]["root"] = root_of(data["training"]["class_path"])
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
