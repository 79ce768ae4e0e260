import shutil

import pytest
import torch
import yaml
from omegaconf import OmegaConf

from landmarks.analysis.experiment import Experiment
from landmarks.analysis.plan import make_plan
from landmarks.cli import main
from landmarks.data.photo_file import PhotoFile
from landmarks.data.prepared import PreparedPhoto
from landmarks.data.prepared.preparation import Preparation
from landmarks.datamodules import W300Data
from landmarks.errors import DataError, SettingsError
from tests.analysis.tiny_experiment import tiny_experiment
from tests.benchmarks.official.trees import TREES


@pytest.fixture
def experiment(tmp_path):
    return tiny_experiment(tmp_path)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def prepare(*words):
    return main(["data", "prepare", *map(str, words)])


def module(tmp_path, **settings):
    splits = ["ibug", "lfpw/testset"]
    return W300Data(
        tmp_path / "300w",
        crop_size=32,
        batch_size=3,
        validation=0.3,
        workers=0,
        test_splits=splits,
        **settings,
    )


def test_an_experiment_is_prepared_and_read_without_a_photo(
    experiment, cache, tmp_path, capsys, monkeypatch
):
    assert prepare("--config", experiment, "--output", cache) == 0
    said = capsys.readouterr().out
    assert "found 9 of 3,148 training faces" in said
    assert "15 photos: 0 are there, 15 to be written" in said
    assert "MB (" in said
    before = {file: file.stat().st_mtime_ns for file in cache.iterdir()}
    assert prepare("--config", experiment, "--output", cache) == 0
    assert "15 are there, 0 to be written" in capsys.readouterr().out
    assert {file: file.stat().st_mtime_ns for file in cache.iterdir()} == before

    plain = module(tmp_path)
    plain.setup("fit")
    plain.setup("test")
    expected = [plain.training_set()[epoch, face] for epoch in range(4) for face in range(6)]
    monkeypatch.setattr(PhotoFile, "read", lambda self: pytest.fail("decoded"))
    data = module(tmp_path, prepared=cache)
    data.setup("fit")
    data.setup("test")
    found = [data.training_set()[epoch, face] for epoch in range(4) for face in range(6)]
    for (one,), (other,) in zip(found, expected, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert len(list(data.val_dataloader())) == 1
    assert all(list(loader) for loader in data.test_dataloader())


def test_the_setting_changes_no_training(experiment, cache, tmp_path):
    assert prepare("--config", experiment, "--output", cache) == 0
    settings = OmegaConf.load(experiment)
    settings.data.init_args.prepared = str(cache)
    OmegaConf.save(settings, tmp_path / "faster.yaml")
    plain = make_plan(Experiment.read(experiment), tmp_path / "runs")
    faster = make_plan(Experiment.read(tmp_path / "faster.yaml"), tmp_path / "runs")
    for one, other in zip(plain.runs, faster.runs, strict=True):
        assert (one.training_key, one.key, one.faces) == (
            other.training_key,
            other.key,
            other.faces,
        )
    assert isinstance(faster.conditions[0].test_sets[0].records[0].photo, PreparedPhoto)


def test_the_experiment_may_name_the_folder(experiment, cache, tmp_path):
    settings = OmegaConf.load(experiment)
    settings.data.init_args.prepared = str(cache)
    OmegaConf.save(settings, tmp_path / "faster.yaml")
    assert prepare("--config", tmp_path / "faster.yaml") == 0
    assert list(cache.glob("*.windows"))


def test_a_file_of_fit_and_another_root_will_do(experiment, cache, tmp_path, capsys):
    settings = yaml.safe_load(experiment.read_text())
    for section in ("methods", "seeds", "splits"):
        settings.pop(section)
    settings["data"]["init_args"].pop("root")
    (tmp_path / "fit.yaml").write_text(yaml.safe_dump(settings))
    words = ["--config", tmp_path / "fit.yaml", "--output", cache, "--root", tmp_path / "300w"]
    assert prepare(*words, "--splits", "train,ibug") == 0
    assert "12 photos" in capsys.readouterr().out
    assert prepare(*words, "--splits", "ibug") == 0
    assert "3 photos: 3 are there" in capsys.readouterr().out
    assert prepare(*words, "--splits", "train") == 0
    assert "9 photos: 9 are there" in capsys.readouterr().out


def test_every_crop_size_of_the_methods_is_covered(experiment, cache, capsys):
    # A smaller crop averages over larger blocks, and looks further beyond its edges.
    settings = OmegaConf.load(experiment)
    assert prepare("--config", experiment, "--output", cache) == 0
    first = capsys.readouterr().out
    settings.methods.small = {"crop_size": 8}
    OmegaConf.save(settings, experiment)
    assert prepare("--config", experiment, "--output", cache) == 0
    second = capsys.readouterr().out
    assert "15 photos: 0 are there" in first
    assert "15 photos: 15 are there" not in second


def test_verification(experiment, cache, capsys):
    assert prepare("--config", experiment, "--output", cache) == 0
    assert prepare("--output", cache, "--verify") == 0
    assert "all windows are as they were written" in capsys.readouterr().out
    (data,) = cache.glob("*.windows")
    content = bytearray(data.read_bytes())
    content[7] ^= 1
    data.write_bytes(content)
    assert prepare("--output", cache, "--verify") == 1
    assert f"{data}: prepared windows are damaged" in capsys.readouterr().err
    assert prepare("--config", experiment, "--output", cache, "--verify") == 0
    printed = capsys.readouterr().out
    assert "is damaged" in printed
    assert "were compared" not in printed
    assert prepare("--output", cache, "--verify") == 0
    assert prepare("--config", experiment, "--output", cache, "--verify") == 0
    assert "were compared with the hashes" in capsys.readouterr().out


def test_an_interruption_is_said_in_a_line(experiment, cache, capsys, monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Preparation, "write", interrupt)
    assert prepare("--config", experiment, "--output", cache) == 130
    assert "the same command goes on there" in capsys.readouterr().err


def test_too_small_a_disk_is_refused_before_anything_is_written(
    experiment, cache, capsys, monkeypatch
):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    assert prepare("--config", experiment, "--output", cache) == 2
    assert "make room" in capsys.readouterr().err
    assert not cache.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--config EXPERIMENT.yaml is missing"),
        (["--output", "x"], "--config EXPERIMENT.yaml is missing"),
        (["--verify"], "--config EXPERIMENT.yaml is missing"),
        (["--config", "EXPERIMENT"], "--output CACHE is missing"),
        (["--config", "gone.yaml", "--output", "x"], "gone.yaml: cannot be read"),
        (["--config", "EXPERIMENT", "--output", "x", "--splits", "tain"], "--splits 'tain'"),
    ],
)
def test_options_that_cannot_be_used(words, message, experiment):
    from landmarks.commands.data.prepare import main as command

    words = [str(experiment) if word == "EXPERIMENT" else word for word in words]
    with pytest.raises(SettingsError, match=message):
        command(words)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.init_args.batch_sise": 3}, "tiny.yaml: .*batch_sise"),
        ({"data.init_args.validation": 3}, "tiny.yaml: .*validation is 3"),
        ({"model.crop_size": None}, "tiny.yaml: model has no crop_size"),
        ({"data.class_path": "landmarks.datamodules.W3000Data"}, "tiny.yaml: .*W3000Data"),
    ],
)
def test_settings_that_cannot_be_used(changes, message, tmp_path):
    from landmarks.commands.data.prepare import main as command

    experiment = tiny_experiment(tmp_path, **changes)
    with pytest.raises(SettingsError, match=message):
        command(["--config", str(experiment), "--output", str(tmp_path / "cache")])


def test_missing_files_are_named(experiment, cache, tmp_path):
    from landmarks.commands.data.prepare import main as command

    shutil.rmtree(tmp_path / "300w" / "ibug")
    with pytest.raises(DataError, match="ibug"):
        command(["--config", str(experiment), "--output", str(cache)])


# AFLW-19's tree takes long to write, and its photos are files as most others' are.
@pytest.mark.parametrize("name", [name for name in TREES if name != "aflw19"])
def test_every_benchmark_is_prepared_and_read_alike(name, tmp_path):
    tree = TREES[name]
    tree.write(tmp_path / "root")
    arguments = {"root": str(tmp_path / "root"), "validation": 0.34, "batch_size": 2, "workers": 0}
    path = f"{tree.data.__module__}.{tree.data.__name__}"
    experiment = {
        "model": {"crop_size": 32},
        "data": {"class_path": path, "init_args": arguments},
    }
    (tmp_path / "fit.yaml").write_text(yaml.safe_dump(experiment))
    assert prepare("--config", tmp_path / "fit.yaml", "--output", tmp_path / "cache") == 0
    plain = tree.data(**{**arguments, "root": tmp_path / "root"}, crop_size=32)
    prepared = tree.data(
        **{**arguments, "root": tmp_path / "root"}, crop_size=32, prepared=tmp_path / "cache"
    )
    pairs = []
    if plain.training.facts.training_split is not None:
        for data in (plain, prepared):
            data.setup("fit")
        pairs.append((plain.training_set(), prepared.training_set()))
    if plain.test_splits:
        for data in (plain, prepared):
            data.setup("test")
        loaders = zip(plain.test_dataloader(), prepared.test_dataloader(), strict=True)
        pairs += [(one.dataset, other.dataset) for one, other in loaders]
    for one, other in pairs:
        for face in range(min(4, len(one))):
            for epoch in range(2):
                (expected,), (found,) = one[epoch, face], other[epoch, face]
                assert torch.equal(found.image, expected.image)
                assert isinstance(other.records[face].photo, PreparedPhoto)
