from pathlib import Path

import pytest

from landmarks.benchmarks.files.absent import known_split, needed_root, no_files
from landmarks.benchmarks.w300 import W300
from landmarks.errors import DataError

FACTS = W300.facts


def test_a_split_is_known_or_the_others_are_listed():
    assert known_split(FACTS, "ibug") is FACTS.splits["ibug"]
    with pytest.raises(ValueError, match="300W has no split 'test'; choose from train, full, com"):
        known_split(FACTS, "test")


def test_a_root_is_needed():
    assert needed_root(FACTS, Path("a")) == Path("a")
    with pytest.raises(DataError, match=r"300W needs the folder .* --data.root DIR") as caught:
        needed_root(FACTS, None)
    assert FACTS.source in str(caught.value)
    assert FACTS.layout in str(caught.value)


def test_no_files(tmp_path):
    (tmp_path / "cats").mkdir()
    error = no_files(FACTS, tmp_path, "ibug", [tmp_path / "ibug", tmp_path / "300W" / "ibug"])
    assert error.file == tmp_path
    message = str(error)
    assert f"no faces of ibug ('ibug'): none of these is there: {tmp_path / 'ibug'}, " in message
    assert "The root holds cats." in message
    assert message.endswith(FACTS.layout)
