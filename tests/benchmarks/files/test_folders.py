from pathlib import Path

import pytest

from landmarks.benchmarks.files.folders import below
from landmarks.errors import DataError

FILE = Path("list.txt")


@pytest.mark.parametrize(
    "name",
    ["a.jpg", "a/b.jpg", "a\\b.jpg", "./a.jpg", "a//b.jpg", "a..jpg", "..a/b.jpg", "a b.jpg"],
)
def test_names_below(name):
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    assert below(Path("images"), name, FILE) == Path("images", *parts)


@pytest.mark.parametrize(
    "name",
    [
        "../a.jpg",
        "a/../../b.jpg",
        "..\\a.jpg",
        "a/.. /.. /b.jpg",
        "a/.../b.jpg",
        "a/ /b.jpg",
        "/etc/passwd",
        "\\\\server\\a.jpg",
        "C:\\a.jpg",
        "a/C:/b.jpg",
        "a\\c:b.jpg",
        "http://a/b.jpg",
        "file:///etc/passwd",
    ],
)
def test_names_that_lead_out(name):
    with pytest.raises(DataError, match=r"list\.txt, line 7: the name .* leads out"):
        below(Path("images"), name, FILE, 7)


@pytest.mark.parametrize("name", ["%2e%2e/a.jpg", "..%2fa.jpg", "\u2025/a.jpg", "．．/a.jpg"])
def test_dots_that_are_written_otherwise_are_letters(name):
    assert below(Path("images"), name, FILE) == Path("images") / name


@pytest.mark.parametrize(
    ("name", "what"),
    [("", "is empty"), (" ", "is empty"), ("a\0.jpg", "no file"), ("\udce9.jpg", "no file")],
)
def test_names_of_nothing(name, what):
    with pytest.raises(DataError, match=what):
        below(Path("images"), name, FILE)
