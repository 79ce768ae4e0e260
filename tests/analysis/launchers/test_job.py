import multiprocessing
import os
import signal

import pytest

from landmarks.analysis.launchers import Busy, held, is_busy


def hold(lock, ready):
    with held(lock):
        ready.set()
        signal.pause()


@pytest.fixture
def holder(tmp_path):
    lock = tmp_path / "training" / ".lock"
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=hold, args=(lock, ready))
    process.start()
    assert ready.wait(60)
    yield lock, process
    process.kill()
    process.join()


def test_a_lock_is_held_by_one_process_and_goes_with_it_even_if_it_is_killed(holder):
    lock, process = holder
    assert is_busy(lock)
    with pytest.raises(Busy, match="another process"), held(lock):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not is_busy(lock)
    with held(lock):
        assert is_busy(lock)
    assert not is_busy(lock)


def test_looking_leaves_nothing_behind(tmp_path):
    assert not is_busy(tmp_path / "a" / ".lock")
    assert list(tmp_path.iterdir()) == []


def test_an_error_inside_lets_go(tmp_path):
    lock = tmp_path / ".lock"
    with pytest.raises(KeyError), held(lock):
        raise KeyError
    assert not is_busy(lock)
