import json
from pathlib import Path

import numpy as np
import polars
import pytest

from landmarks.analysis import runs as on_disk
from landmarks.analysis.comparison import compare
from landmarks.analysis.experiment import Experiment
from landmarks.analysis.plan import make_plan
from landmarks.errors import SettingsError
from landmarks.results import FaceResults
from landmarks.task import LandmarkTask
from tests.analysis.tiny_experiment import FACES_PER_FOLDER, tiny_experiment

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers.*")

SPLITS = ["ibug", "lfpw/testset"]
METHODS = ["argmax", "dark", "hih"]
PROTOCOLS = ["300w/inter_ocular", "300w/inter_pupil", "300w/box", "300w/diag"]


def run(path, output):
    return compare(Experiment.read(path), output, "landmarks compare tiny.yaml").scores


def content(folder):
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest(output, method, seed=0):
    return json.loads((output / "runs" / f"{method}-seed{seed}" / "manifest.json").read_text())


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison")
    path = tiny_experiment(folder)
    return path, folder / "out", run(path, folder / "out")


def test_every_file_is_there_and_whole(done):
    _, output, _ = done
    names = {path.name for path in output.iterdir()} - {".locks"}
    assert names == {
        "results.csv", "summary.csv", "pairs.csv", "selection.csv", "protocols.csv",
        "faces.parquet", "calibration.csv", "error_terms.csv", "group_errors.csv",
        "landmark_errors.csv", "resolution.csv", "tables", "report.html", "runs", "trainings",
        "ced-ibug.svg", "ced-lfpw-testset.svg", "forest-ibug.svg", "forest-lfpw-testset.svg",
        "calibration-ibug.svg", "calibration-lfpw-testset.svg", "predictions-ibug.jpg",
    }  # fmt: skip
    assert all((output / name).stat().st_size > 200 for name in names)
    assert not list(output.rglob("*unfinished*"))


def test_results_and_faces_agree(done):
    results = polars.read_csv(done[1] / "results.csv")
    faces = polars.read_parquet(done[1] / "faces.parquet")
    assert results.columns == [
        "method", "seed", "split", "subset", "protocol", "faces", "nme", "fr", "auc",
    ]  # fmt: skip
    assert faces.columns == ["method", "seed", "split", "face", "photo", *PROTOCOLS]
    assert len(results) == len(METHODS) * len(SPLITS) * len(PROTOCOLS)
    assert len(faces) == len(METHODS) * len(SPLITS) * FACES_PER_FOLDER
    for row in results.rows(named=True):
        nme = faces.filter(method=row["method"], split=row["split"])[row["protocol"]].to_numpy()
        assert (row["subset"], row["faces"]) == ("all", len(nme))
        limit = 7.0 if row["protocol"] == "300w/box" else 10.0
        assert row["nme"] == pytest.approx(nme.mean(), abs=1e-5)
        assert row["fr"] == pytest.approx(100 * (nme > limit).mean(), abs=1e-5)
        assert row["auc"] == pytest.approx(100 * np.maximum(0, 1 - nme / limit).mean(), abs=1e-5)


def test_the_summary_is_what_was_returned(done):
    _, output, scores = done
    table = polars.read_csv(output / "summary.csv")
    assert table["method"].to_list() == METHODS * 2
    assert table["split"].to_list() == [SPLITS[0]] * 3 + [SPLITS[1]] * 3
    assert table["nme"].to_list() == pytest.approx([s.nme.value for s in scores], abs=1e-5)
    assert table["difference_to_best"].null_count() == 2


def test_the_calibration_is_that_of_the_points_under_the_temperature_of_the_held_out_faces(done):
    table = polars.read_csv(done[1] / "calibration.csv")
    assert table.select("method", "split").rows() == [(m, s) for m in METHODS for s in SPLITS]
    for row in table.rows(named=True):
        folder = done[1] / "runs" / f"{row['method']}-seed0"
        held_out = FaceResults.load(folder / "points-validation.npz")
        assert held_out.split == "validation"
        temperature = held_out.fitted_temperature()
        assert manifest(done[1], row["method"])["temperature"] == temperature
        assert row["temperature"] == pytest.approx(temperature, rel=1e-4)
        found = FaceResults.load(folder / f"points-{row['split'].replace('/', '-')}.npz")
        assert row["points"] == FACES_PER_FOLDER * 68
        for ending, factor in (("", 1.0), ("_tempered", temperature)):
            wanted = found.calibration(PROTOCOLS[0], factor)
            assert row[f"nll{ending}"] == pytest.approx(wanted.nll, abs=1e-4, rel=1e-4)
            shares = [row[f"coverage_{p}{ending}"] for p in (50, 90, 95)]
            assert shares == pytest.approx([100 * share for share in wanted.coverage], abs=1e-4)
        # One factor is all that lies between both claims, and it ranks nothing anew.
        ratio = row["rms_predicted_tempered"] / row["rms_predicted"]
        assert ratio == pytest.approx(temperature**0.5, rel=1e-3)
    held_out = done[1] / "runs" / "hih-seed0" / "points-validation.npz"
    test = polars.read_parquet(done[1] / "faces.parquet")["photo"]
    assert not set(FaceResults.load(held_out).photo) & set(test)


def test_the_report_tells_the_calibration(done):
    report = (done[1] / "report.html").read_text(encoding="utf-8")
    assert "Predicted uncertainty</h2>" in report
    for row in polars.read_csv(done[1] / "calibration.csv").rows(named=True):
        assert f">{row['temperature']:.3g}</td>" in report
        assert f"{row['nll']:.2f}" in report
        assert f"{row['nll_tempered']:.2f}" in report


def test_a_run_of_an_earlier_version_is_tested_again_but_not_trained(done, monkeypatch):
    planned = make_plan(Experiment.read(done[0]), done[1]).runs
    assert all(on_disk.finished_run(run) for run in planned)
    monkeypatch.setattr("landmarks.analysis.plan._TESTED", "points alone")
    other = make_plan(Experiment.read(done[0]), done[1]).runs
    assert not any(on_disk.finished_run(run) for run in other)
    assert all(on_disk.finished_training(run) is not None for run in other)


def test_methods_that_differ_in_decoding_share_a_training(done):
    trainings = {method: manifest(done[1], method)["training"] for method in METHODS}
    assert trainings["argmax"] == trainings["dark"] != trainings["hih"]
    assert {path.name for path in (done[1] / "trainings").iterdir()} == set(trainings.values())
    faces = polars.read_parquet(done[1] / "faces.parquet")
    by_method = [faces.filter(method=method)[PROTOCOLS[0]].to_numpy() for method in METHODS]
    assert not np.array_equal(by_method[0], by_method[1])


def test_a_training_tells_how_good_its_checkpoint_is(done):
    for folder in (done[1] / "trainings").iterdir():
        finished = json.loads((folder / "finished.json").read_text())
        metrics = polars.read_csv(folder / "metrics.csv")["val/nme"].drop_nulls()
        assert finished["validation_nme"] == pytest.approx(metrics.min())
        assert finished["epochs"] == 1


def test_all_methods_start_and_train_alike(done):
    manifests = [manifest(done[1], method) for method in METHODS]
    for what in ("common_initial_weights", "faces"):
        assert manifests[0][what] == manifests[1][what] == manifests[2][what]
    report = (done[1] / "report.html").read_text(encoding="utf-8")
    assert "differs:" not in report
    assert report.count("same for all methods:") == 4


def test_a_second_call_trains_and_tests_nothing(done, capsys, monkeypatch):
    path, output, scores = done
    before = content(output / "trainings"), content(output / "runs")

    def refuse(*_):
        raise AssertionError("trained or tested again")

    monkeypatch.setattr(on_disk, "train", refuse)
    monkeypatch.setattr(on_disk, "measure", refuse)
    assert run(path, output) == scores
    assert (content(output / "trainings"), content(output / "runs")) == before
    assert capsys.readouterr().out.count("finished earlier") == 3


def test_a_shared_training_changes_no_result(done, tmp_path):
    path = tiny_experiment(tmp_path, **{"data.init_args.root": str(done[0].parent / "300w")})
    text = path.read_text().replace("  argmax: {}\n", "")
    assert text != path.read_text()
    path.write_text(text)
    run(path, tmp_path / "out")
    alone, shared = (
        polars.read_parquet(output / "faces.parquet").filter(method="dark")
        for output in (tmp_path / "out", done[1])
    )
    assert alone.equals(shared)


def test_a_changed_setting_trains_anew(done, tmp_path, monkeypatch):
    path, output, _ = done
    trained = []
    monkeypatch.setattr(on_disk, "train", lambda planned: trained.append(planned.training.name))
    change = {
        "model.optimizer.init_args.lr": 0.004,
        "data.init_args.root": str(path.parent / "300w"),
    }
    changed = Experiment.read(tiny_experiment(tmp_path, **change))
    plan = make_plan(changed, output)
    known = {folder.name for folder in (output / "trainings").iterdir()}
    assert {planned.training.name for planned in plan.runs}.isdisjoint(known)
    assert not any(on_disk.finished_run(planned) for planned in plan.runs)
    # Another decoding, other workers or another place of the files need no other training.
    harmless = {
        "data.init_args.workers": 1,
        "methods.dark.codec.init_args.peak.init_args.kernel_size": 3,
        "data.init_args.root": str(path.parent / "300w"),
    }
    plan = make_plan(Experiment.read(tiny_experiment(tmp_path, **harmless)), output)
    assert {planned.training.name for planned in plan.runs} == known
    finished = {planned.method: on_disk.finished_run(planned) for planned in plan.runs}
    assert finished == {"argmax": True, "dark": False, "hih": True}


def test_other_files_under_the_same_settings_train_anew(done, tmp_path):
    tiny_experiment(tmp_path)
    file = next((tmp_path / "300w" / "afw").glob("*.pts"))
    lines = file.read_text().splitlines()
    lines[3] = "40.25 41.5"
    file.write_text("\n".join(lines))
    plan = make_plan(Experiment.read(tiny_experiment(tmp_path)), done[1])
    assert not any(planned.training.exists() for planned in plan.runs)


@pytest.mark.slow
def test_an_interrupted_training_goes_on_and_ends_the_same(tmp_path, monkeypatch, capsys):
    path = tiny_experiment(tmp_path, **{"trainer.max_epochs": 3, "methods.dark": {}})
    run(path, tmp_path / "whole")

    class Stopped(BaseException):
        pass

    step = LandmarkTask.training_step

    def stop(self, batch, batch_idx):
        if self.current_epoch == 2:
            raise Stopped
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patched:
        patched.setattr(LandmarkTask, "training_step", stop)
        with pytest.raises(Stopped):
            run(path, tmp_path / "cut")
    assert not list((tmp_path / "cut").rglob("finished.json"))
    assert not (tmp_path / "cut" / "results.csv").exists()
    capsys.readouterr()
    epochs = []
    with monkeypatch.context() as patched:
        patched.setattr(
            LandmarkTask,
            "training_step",
            lambda self, batch, batch_idx: (
                epochs.append(self.current_epoch) or step(self, batch, batch_idx)
            ),
        )
        run(path, tmp_path / "cut")
    assert "run 1 of 3: argmax, seed 0: going on with its training" in capsys.readouterr().out
    assert epochs[0] == 2
    tables = [polars.read_csv(tmp_path / name / "results.csv") for name in ("whole", "cut")]
    assert tables[0].equals(tables[1])


def test_a_fault_in_the_last_method_stops_before_the_first_training(tmp_path):
    change = {"methods.hih.codec.init_args.bin": 8}
    with pytest.raises(SettingsError, match=r"method 'hih'.*'bin' is not accepted") as caught:
        run(tiny_experiment(tmp_path, **change), tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model.crop_sise": 3}, "model has no option 'crop_sise'"),
        ({"model.codec.init_args.heatmap_size": 64}, "64 cells does not fit a crop of 32"),
        ({"trainer.max_epoch": 3}, "'max_epoch'"),
        ({"model.optimizer.init_args.lr": "high"}, "high"),
        ({"data.init_args.batch_size": 50}, "batch_size 50 is larger than the 6"),
        ({"splits": ["nowhere"]}, "no split 'nowhere'"),
    ],
)
def test_settings_that_cannot_work_are_named(change, message, tmp_path):
    with pytest.raises(SettingsError, match=message) as caught:
        run(tiny_experiment(tmp_path, **change), tmp_path / "out")
    assert "tiny.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_the_demonstration_is_sound_and_shares_two_trainings(tmp_path):
    demo = Experiment.read(Path(__file__).parents[2] / "experiments" / "demo.yaml")
    demo.shared["data"]["init_args"] |= {
        "root": str(tmp_path / "faces"),
        "train_faces": 40,
        "test_faces": 4,
        "image_size": 64,
    }
    plan = make_plan(demo, tmp_path / "out")
    training = {planned.method: planned.training.name for planned in plan.runs}
    assert training["argmax"] == training["quarter_offset"]
    assert training["continuous_subpixel"] == training["dark"]
    assert len(set(training.values())) == 3
    assert len({planned.faces for planned in plan.runs}) == 1
    # The three networks differ in their heads alone.
    assert {name.split(".")[0] for name in plan.conditions[0].common_weights} >= {
        "backbone",
        "neck",
    }
