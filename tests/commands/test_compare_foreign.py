import polars
import pytest

from landmarks.cli import main
from tests.analysis.tiny_experiment import tiny_experiment
from tests.analysis.wandb_log.offline_file import read_all

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers.*")


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A comparison of one method, logged offline."""
    folder = tmp_path_factory.mktemp("compared")
    path = tiny_experiment(folder, splits=["ibug"], methods={"dark": {}})
    output = folder / "out"
    assert main(["compare", str(path), "--output", str(output), "--wandb", "offline"]) == 0
    return path, output


def test_a_copy_of_a_finished_run_is_a_method_that_is_not_resolved(compared, capsys):
    path, output = compared
    copy = f"copy={output / 'runs' / 'dark-seed0'}"
    assert main(["compare", str(path), "--output", str(output), "--foreign", copy]) == 0
    pairs = polars.read_csv(output / "pairs.csv")
    (pair,) = pairs.rows(named=True)
    assert {pair["method"], pair["reference"]} == {"dark", "copy"}
    assert "not resolved" in pair.values()
    results = polars.read_csv(output / "results.csv")
    own, foreign = (results.filter(method=name) for name in ("dark", "copy"))
    assert foreign["seed"].null_count() == len(foreign) == len(own)
    assert foreign["nme"].equals(own["nme"])
    faces = polars.read_parquet(output / "faces.parquet")
    assert set(faces["method"]) == {"dark", "copy"}
    assert "copy" in (output / "report.html").read_text(encoding="utf-8")


def test_predictions_that_do_not_fit_are_refused_before_anything_is_trained(compared, tmp_path):
    path, _ = compared
    words = ["compare", str(path), "--output", str(tmp_path / "out"), "--foreign"]
    assert main([*words, f"none={tmp_path / 'none'}"]) == 2
    assert main([*words, f"dark={tmp_path}"]) == 2
    assert main([*words, "nonsense"]) == 2
    assert not (tmp_path / "out").exists()


def test_each_training_and_the_comparison_are_runs_of_one_group(compared):
    _, output = compared
    training, comparison = read_all(output)
    assert (training.kind, comparison.kind) == ("training", "comparison")
    assert training.group == comparison.group
    assert training.group.startswith("tiny-")
    assert training.tags == ["dark"]
    assert training.config["seed_everything"] == 0
    assert [entry["val/nme"] for entry in training.history if "val/nme" in entry]
    assert {name for name in comparison.history[0] if name.endswith("/_type")} >= {
        "summary/_type",
        "report/_type",
    }


def test_online_without_an_account_is_refused(compared, tmp_path, capsys, monkeypatch):
    for variable in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.chdir(tmp_path)
    words = ["compare", str(compared[0]), "--output", str(tmp_path / "out"), "--wandb", "online"]
    assert main(words) == 2
    assert "wandb login" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
