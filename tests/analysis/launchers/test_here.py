import threading

import pytest

from landmarks.analysis.launchers import Busy, Here, held
from landmarks.analysis.launchers import here as module
from landmarks.analysis.launchers.job import is_busy
from landmarks.errors import DataError
from tests.analysis.launchers.made_up_jobs import jobs


def test_a_failed_job_is_named_its_traceback_kept_and_the_next_one_done(tmp_path, capsys):
    done = []

    def work(name):
        if name == "b":
            raise RuntimeError("CUDA out of memory.\nTried to allocate")
        if name == "c":
            raise DataError("cannot be read", file=tmp_path / "c.jpg")
        done.append(name)

    here = Here(tmp_path / "logs")
    b, c = here.run(jobs(tmp_path, "a", "b", "c", "d", work=work))
    assert done == ["a", "d"]
    assert (b.name, c.name) == ("b", "c")
    assert b.reason == "RuntimeError: CUDA out of memory. Tried to allocate"
    assert c.reason == f"{tmp_path / 'c.jpg'}: cannot be read"
    assert b.log == tmp_path / "logs" / "b.log"
    text = b.log.read_text()
    assert "Traceback" in text
    assert "in work" in text
    assert f"FAILED b: {b.reason}" in capsys.readouterr().out
    assert here.workers == 1
    assert here.waits
    assert not here.elsewhere


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, BrokenPipeError])
def test_what_means_to_stop_stops_at_once(stop, tmp_path):
    done = []

    def work(name):
        done.append(name)
        raise stop

    with pytest.raises(stop):
        Here(tmp_path).run(jobs(tmp_path, "a", "b", work=work))
    assert done == ["a"]


def test_a_job_of_another_call_is_taken_up_when_that_call_has_let_go(tmp_path, monkeypatch, capsys):
    done, begun, let_go = [], threading.Event(), threading.Event()

    def other():
        with held(tmp_path / "a" / ".lock"):
            begun.set()
            let_go.wait()

    def work(name):
        with held(tmp_path / name / ".lock"):
            done.append(name)

    def looked(lock):
        busy = is_busy(lock)
        let_go.set()
        thread.join()
        return busy

    monkeypatch.setattr(module, "_LOOK_AGAIN", 0.01)
    monkeypatch.setattr(module, "is_busy", looked)
    mine = jobs(tmp_path, "a", "b", "c", work=work)
    thread = threading.Thread(target=other)
    thread.start()
    begun.wait()
    assert Here(tmp_path).run(mine) == []
    thread.join()
    assert done == ["b", "c", "a"]
    assert "waiting for what another call on this output is doing: a\n" in capsys.readouterr().out


def test_a_job_that_is_lost_to_another_call_between_two_looks_is_tried_again(tmp_path):
    tried = []

    def work(name):
        tried.append(name)
        if tried.count("a") == 1 and name == "a":
            raise Busy

    assert Here(tmp_path).run(jobs(tmp_path, "a", "b", work=work)) == []
    assert tried == ["a", "b", "a"]
