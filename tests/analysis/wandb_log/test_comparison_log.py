import json
import os
import subprocess

import cv2
import numpy as np
import polars
import pytest

from landmarks.analysis.wandb_log import NoLog, WandbLog
from tests.analysis.wandb_log.offline_file import read_all


def summary(nme=4.1):
    return polars.DataFrame(
        {"method": ["dark", "hih"], "nme": [nme, 4.3], "seed_spread": [None, 0.1]}
    )


@pytest.fixture
def files(tmp_path):
    (tmp_path / "report.html").write_text("<h1>who wins</h1>", encoding="utf-8")
    (tmp_path / "results.csv").write_text("method,nme\ndark,4.1\n", encoding="utf-8")
    cv2.imwrite(str(tmp_path / "predictions.jpg"), np.zeros((8, 12, 3), np.uint8))
    names = ("report.html", "results.csv"), ("predictions.jpg",)
    return [[tmp_path / name for name in own] for own in names]


def finish(output, files, tables, name="demo: 300W"):
    log = WandbLog(output, name, offline=True)
    log.finished(tables, *files)
    log.close()


def test_the_comparison_is_a_run_with_tables_pictures_and_files(tmp_path, files):
    finish(tmp_path / "out", files, {"summary": summary()})
    (run,) = read_all(tmp_path / "out")
    assert (run.name, run.kind, run.exit_code) == ("comparison", "comparison", 0)
    (shown,) = run.history
    assert (shown["summary/_type"], shown["summary/nrows"]) == ("table-file", 2)
    assert shown["report/_type"] == "html-file"
    assert (shown["predictions/_type"], shown["predictions/width"]) == ("image-file", 12)
    kept = {kind: (name, content) for name, kind, content in run.artifacts}
    name, content = kept["comparison"]
    assert content == ["predictions.jpg", "report.html", "results.csv"]
    assert name.startswith("demo--300W-")
    (folder,) = (tmp_path / "out" / "wandb").glob("offline-run-*")
    table = json.loads((folder / "files" / shown["summary/path"]).read_text())
    assert table["columns"] == ["method", "nme", "seed_spread"]
    assert table["data"] == [["dark", 4.1, None], ["hih", 4.3, 0.1]]
    page = folder / "files" / shown["report/path"]
    assert page.read_text() == "<h1>who wins</h1>"


def test_what_is_uploaded_later_is_a_copy_below_the_output_folder(tmp_path, files):
    finish(tmp_path / "out", files, {"summary": summary()})
    copies = [
        p.read_bytes() for p in (tmp_path / "out" / "wandb" / "data").rglob("*") if p.is_file()
    ]
    assert all(file.read_bytes() in copies for own in files for file in own)


def test_the_same_result_is_not_logged_twice(tmp_path, files):
    for nme in (4.1, 4.1, 4.0):
        finish(tmp_path / "out", files, {"summary": summary(nme)})
    runs = read_all(tmp_path / "out")
    assert len(runs) == 2
    assert len({run.number for run in runs}) == 1


def test_a_missing_file_is_a_warning(tmp_path):
    with pytest.warns(UserWarning, match="nothing more is logged"):
        finish(tmp_path / "out", ([tmp_path / "none.html"], []), {"summary": summary()})


def test_no_process_is_left_behind_and_the_environment_is_as_it_was(tmp_path, files):
    before = dict(os.environ)
    log = WandbLog(tmp_path / "out", "demo", offline=True)
    log.finished({"summary": summary()}, *files)
    assert f"--pid {os.getpid()}" in processes()
    log.close()
    assert f"--pid {os.getpid()}" not in processes()
    assert {k: v for k, v in os.environ.items() if k != "WANDB_SERVICE"} == before
    log.close()


def processes():
    shown = subprocess.run(
        ["ps", "-ewwo", "args"], capture_output=True, text=True, check=True
    ).stdout
    return "\n".join(line for line in shown.splitlines() if "wandb-core" in line)


def test_no_log_does_nothing(tmp_path):
    log = NoLog()
    assert log.loggers("t", "key", [], {}) == []
    log.finished({}, [tmp_path / "none"], [])
    log.close()
