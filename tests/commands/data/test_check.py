import csv
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from landmarks.cli import main
from landmarks.data_check.page import write_page
from landmarks.data_check.suite import check_benchmark
from landmarks.markups import MARKUP_68
from tests.data_check.drawn import drawn, write_face, write_tree

CHROMIUM = shutil.which("chromium")
SPLITS = "train,lfpw/testset"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    write_tree(root)
    return root


@pytest.fixture
def own_tree(tree, tmp_path):
    return shutil.copytree(tree, tmp_path / "tree")


def check(root, *more):
    return main(["data", "check", str(root), "--benchmark", "300w", "--splits", SPLITS, *more])


def rows(folder):
    with (folder / "check.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_clean_tree_is_all_well_once_its_size_is_accepted(tree, tmp_path, capsys):
    assert check(tree, "--partial", "--output", str(tmp_path)) == 0
    assert "All is well: no errors" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["check.csv", "check.html"]
    assert {row["error"] for row in rows(tmp_path)} == {"no"}


def test_fewer_faces_than_published_are_an_error(tree, capsys):
    assert check(tree) == 1
    text = capsys.readouterr().out
    assert "ERROR: Counts that differ" in text
    assert "split train: 32 faces read" in text
    assert "expected 3,148 faces" in text
    assert check(tree, "--accept", "count") == 0


@pytest.fixture(scope="module")
def spoilt(tree, tmp_path_factory):
    """A tree with a defect of every kind that 300W's layout can have, and its report."""
    folder = tmp_path_factory.mktemp("spoilt")
    root = shutil.copytree(tree, folder / "tree")
    afw, test = root / "afw", root / "lfpw" / "testset"
    (afw / "image_0001.pts").write_text("version: 1\nn_points: 67\n{\n")
    (afw / "image_0002.jpg").unlink()
    data = (afw / "image_0003.jpg").read_bytes()
    half = len(data) // 2
    (afw / "image_0003.jpg").write_bytes(data[:half] + data[half + 300 :])
    shutil.copy(afw / "image_0004.jpg", afw / "copy.jpg")
    shutil.copy(afw / "image_0004.pts", afw / "copy.pts")
    write_face(test / "leak.jpg", 5)
    points = drawn(10).points(MARKUP_68)
    write_face(afw / "image_0011.jpg", 10, points[list(MARKUP_68.mirror)])
    points = drawn(11).points(MARKUP_68).copy()
    points[[36, 54]] = points[[54, 36]]
    write_face(afw / "image_0012.jpg", 11, points)
    write_face(afw / "image_0013.jpg", 12, drawn(12).points(MARKUP_68) + 150)
    (afw / "image_0015.pts").rename(afw / "image_0015.txt")
    status = check(root, "--partial", "--output", str(folder / "out"))
    return status, folder / "out"


def test_every_planted_defect_is_found_and_nothing_else_is_an_error(spoilt):
    status, output = spoilt
    assert status == 1
    found = {(row["kind"], row["file"].rsplit("/", 1)[-1]) for row in rows(output)}
    errors = {
        (row["kind"], row["file"].rsplit("/", 1)[-1])
        for row in rows(output)
        if row["error"] == "yes"
    }
    assert errors == {
        ("unreadable", "image_0001.pts"),
        ("unreadable", "image_0002.pts"),
        ("damaged_picture", "image_0003.jpg"),
        ("duplicate", "image_0004.pts"),  # "copy" is read first
        ("leak", "leak.pts"),
        ("mirrored", "image_0011.pts"),
        ("gross_points", "image_0012.pts"),
        ("far_outside", "image_0013.pts"),
    }
    assert ("unused_picture", "image_0015.jpg") in found
    lines = {row["file"].rsplit("/", 1)[-1]: row["line"] for row in rows(output)}
    assert lines["image_0001.pts"] == "2"


class Page(HTMLParser):
    """Checks that tags are nested and that nothing is fetched."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.images = [], [], [], 0

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.images += tag == "img"
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href"):
                assert value.startswith(("data:image/jpeg;base64,", "#"))
                self.links += [value[1:]] if value.startswith("#") else []
            if name == "alt":
                assert value

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_else(spoilt):
    text = (spoilt[1] / "check.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.links) == set(page.ids)
    assert page.images == 7  # two pairs, mirrored, gross, far outside
    assert "<script" not in text
    assert "do not publish this page" in text
    assert text.index("Not all is well") < text.index("Counts")
    assert "nan" not in re.sub(r"base64,[^\"]*", "", text).split("<main>")[1].lower()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_opens_without_errors(spoilt, tmp_path):
    flags = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *("--enable-logging=stderr", "--dump-dom"),
    ]
    run = subprocess.run(
        [CHROMIUM, *flags, f"--user-data-dir={tmp_path}", f"file://{spoilt[1] / 'check.html'}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "Not all is well" in run.stdout
    assert "CONSOLE" not in run.stderr


def test_only_the_first_findings_are_drawn(own_tree, tmp_path):
    from landmarks.benchmarks.w300 import W300

    for number in range(1, 6):
        write_face(own_tree / "afw" / f"again_{number}.jpg", number)
    report = check_benchmark(W300(own_tree), ["train"], partial=True)
    write_page(report, tmp_path / "check.html", top=2)
    text = (tmp_path / "check.html").read_text(encoding="utf-8")
    assert text.count(" as afw/again_") == 2
    assert "The first 2 are shown; check.csv lists all." in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--accept", "suspicious_points"], "no kind of error"),
        (["--top", "0"], "at least 1"),
        (["--root", "elsewhere"], "name one folder"),
    ],
)
def test_options_that_cannot_be_used(tree, arguments, message, capsys):
    assert check(tree, *arguments) == 2
    assert message in capsys.readouterr().err


def test_nothing_to_check_and_no_such_split(tmp_path, tree, capsys):
    assert main(["data", "check", str(tmp_path), "--benchmark", "300w"]) == 2
    assert "The root holds no files" in capsys.readouterr().err
    assert main(["data", "check", str(tree), "--benchmark", "300w", "--splits", "dev"]) == 2
    assert "--splits 'dev': 300W has no split 'dev'; choose from" in capsys.readouterr().err


def test_an_interruption_leaves_nothing_behind(tree, tmp_path, monkeypatch, capsys):
    def interrupt(faces):
        raise KeyboardInterrupt

    monkeypatch.setattr("landmarks.data_check.suite.read_pictures", interrupt)
    assert check(tree, "--output", str(tmp_path / "out")) == 130
    assert "interrupted" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
