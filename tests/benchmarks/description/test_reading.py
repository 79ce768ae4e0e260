import re
from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks.description.markup_node import markup_entries
from landmarks.benchmarks.description.reading import read_description
from landmarks.benchmarks.formats import Coco, CsvTable, PtsFolder, TxtFolder
from landmarks.errors import DataError
from landmarks.markups import MARKUP_68, MARKUPS, Part
from landmarks.metrics.area import SimpsonArea
from landmarks.metrics.normalisers import AnnotatedBoxDiagonal, InterOcular
from tests.benchmarks.own_data import DESCRIPTION

WHOLE = f"""\
{DESCRIPTION}
first_pixel: 1
protocols:
  inter_ocular: {{failure_threshold: 0.08, auc_threshold: 0.07, area: simpson}}
  pupils: {{normaliser: inter_ocular, points: [1, 2]}}
  diag: {{normaliser: diag@annotated}}
splits:
  train: {{coco: train.json, pictures: images, category: cat, occlusion: true, faces: 7}}
  test: {{csv: test.csv, first_pixel: 0, description: cats asleep}}
  more/a: {{pts: folder}}
  more/b: {{txt: folder, pictures: images}}
test_splits: [test, more/a]
subsets: {{fluffy: {{faces: 3, description: long hair}}}}
licence: mine
citation: me
source: here
"""


def described(tmp_path, text):
    file = tmp_path / "cats.yaml"
    file.write_text(text, encoding="utf-8")
    return read_description(file)


def test_a_whole_description(tmp_path):
    read = described(tmp_path, WHOLE)
    assert (read.name, read.title, read.licence) == ("cats", "Cat faces", "mine")
    assert read.markup.mirror == (3, 2, 1, 0, 4, 5, 8, 7, 6)
    assert read.markup.parts == {"mouth": Part((6, 7, 8), closed=True)}
    assert (read.markup.eye_corners, read.markup.eyes) == ((0, 3), ((0, 1), (2, 3)))
    assert read.markup.five_points == ((0, 1), (2, 3), (5,), (6,), (8,))
    files = read.files
    assert [files[split].format for split in files] == [
        Coco("cat", True), CsvTable(), PtsFolder(), TxtFolder()
    ]  # fmt: skip
    assert [files[split].first_pixel for split in files] == [1, 0, 1, 1]
    assert [files[split].pictures for split in files] == ["images", None, None, "images"]
    assert read.splits["train"].published == 7
    assert read.splits["test"].description == "cats asleep"
    assert read.test_splits == ("test", "more/a")
    assert read.subsets["fluffy"] == (3, "long hair")
    first, second, third = read.protocols
    assert (first.failure_threshold, first.auc_threshold) == (0.08, 0.07)
    assert first.area == SimpsonArea()
    assert second.normaliser == InterOcular(1, 2)
    assert third.normaliser == AnnotatedBoxDiagonal()


def test_a_known_scheme_is_the_scheme_itself(tmp_path):
    read = described(tmp_path, "name: mine\nmarkup: 68\nsplits: {val: {coco: a.json}}\n")
    assert read.markup is MARKUP_68
    assert read.test_splits == ("val",)
    assert read.title == "mine"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("name: cats", "nme: cats", 1, "nme is not known; expected name, title"),
        ("name: cats\n", "", 1, "no entry 'name'"),
        ("name: cats", "name: my cats", 1, "name is 'my cats'"),
        ("name: cats", "name:", 1, "name is empty"),
        ("title: Cat", "name: x\ntitle: Cat", 2, "name stands there twice"),
        ("points: 9", "points: nine", 3, "points is 'nine', expected a whole number"),
        ("points: 9", "points: '9'", 3, "expected a whole number"),
        ("points: 9", "points: 0", 3, "points is 0"),
        ("points: 9", "points: 9.0", 3, "expected a whole number"),
        ("points: 9\n", "", 1, "no entry 'points'"),
        ("points: 9", "points: 9\nmarkup: 69", 4, "markup is '69', expected one of 19, 29, 68"),
        ("points: 9", "markup: 68\npoints: 9", 4, "settled by markup already"),
        ("[6, 8]]", "[6, 9]]", 4, "item 3, item 2 is 9, expected a whole number from 0 to 8"),
        ("[6, 8]]", "[6, 3]]", 4, "names point 3, which another pair has already"),
        ("[6, 8]]", "[6, 6]]", 4, "names point 6 a second time"),
        ("[6, 8]]", "[6]]", 4, "names 1 points, expected 2"),
        ("mirror: [[0, 3], [1, 2], [6, 8]]", "mirror: 3", 4, "expected a list"),
        ("closed: true", "closed: yes", 5, "expected true or false"),
        ("closed: true", "open: true", 5, "open is not known; expected points, closed"),
        ("eye_corners: [0, 3]", "eye_corners: [0, -3]", 6, "is -3"),
        ("eyes: [[0, 1], [2, 3]]", "eyes: [[0, 1], [1, 3]]", 7, "point 1 in both groups"),
        ("eyes: [[0, 1], [2, 3]]", "eyes: [[0, 1]]", 7, "has 1 groups, expected 2"),
        ("eyes: [[0, 1], [2, 3]]", "eyes: [[0, 1], []]", 7, "item 2 is empty"),
        ("nose_tip: 5", "nose_tip: [5]", 8, "is a list"),
        ("first_pixel: 1", "first_pixel: 2", 11, "is 2, expected a whole number from 0 to 1"),
        ("threshold: 0.08", "threshold: 8", 13, "expected a fraction between 0 and 1"),
        ("threshold: 0.08", "threshold: nan", 13, "expected a fraction"),
        ("area: simpson", "area: simson", 13, "expected one of exact, simpson, trapezoid"),
        ("area: simpson", "areas: simpson", 13, "areas is not known"),
        ("  pupils: {normaliser: inter_ocular,", "  pupils: {normaliser: pupil,", 14,
         "normaliser 'pupil'; expected one of inter_ocular"),
        ("{normaliser: inter_ocular, points: [1, 2]}", "{}", 14, "normaliser 'pupils'"),
        ("points: [1, 2]}", "points: [1]}", 14, "names 1 points, expected 2"),
        ("diag@annotated}", "diag, points: [1]}", 15, "cannot be chosen for diag"),
        ("coco: train.json, ", "", 17, "names no files, expected one of coco, csv, pts, txt"),
        ("coco: train.json", "coco: train.json, csv: a", 17, "names coco and csv"),
        ("coco: train.json", "coko: train.json", 17, "coko is not known"),
        ("coco: train.json", "coco: ''", 17, "is empty"),
        ("occlusion: true", "occlusion: 1", 17, "expected true or false"),
        ("faces: 7", "faces: 0", 17, "is 0"),
        ("{csv: test.csv", "{csv: test.csv, category: cat", 18, "belongs to coco files alone"),
        ("  test: {", "  validation: {", 18, "held-out"),
        ("  test: {", "  te st: {", 18, "no name of a split"),
        ("  test: {", "  ../x: {", 18, "no name of a split"),
        ("[test, more/a]", "[tset]", 21, "'tset', which is no split; expected some of train"),
        ("[test, more/a]", "[test, test]", 21, "a second time"),
        ("[test, more/a]", "[]", 21, "is empty"),
        ("licence: mine", "licence: [mine]", 23, "expected a text"),
        ("source: here", "source: here\n  wrong: [", 25, "no YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path, old, new, line, message):
    assert WHOLE.count(old) == 1, old
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        described(tmp_path, WHOLE.replace(old, new))
    assert caught.value.file == tmp_path / "cats.yaml"
    assert caught.value.line is not None
    assert abs(caught.value.line - line) <= (1 if message == "no YAML" else 0), caught.value


def test_splits_are_needed(tmp_path):
    with pytest.raises(DataError, match="no entry 'splits'"):
        described(tmp_path, DESCRIPTION)
    with pytest.raises(DataError, match="splits has no split"):
        described(tmp_path, DESCRIPTION + "splits: {}\n")
    with pytest.raises(DataError, match="empty"):
        described(tmp_path, "")
    with pytest.raises(DataError, match="expected entries"):
        described(tmp_path, "- 1\n")


def test_pts_files_must_say_what_they_count_from(tmp_path):
    with pytest.raises(DataError, match="first_pixel: 1, or 0"):
        described(tmp_path, DESCRIPTION + "splits:\n  test: {pts: a}\n")


def test_nothing_in_it_is_executed(tmp_path):
    evil = "!!python/object/apply:os.system ['touch /tmp/landmarks-evil']"
    with pytest.raises(DataError):
        described(tmp_path, f"{DESCRIPTION}licence: {evil}\nsplits: {{a: {{coco: b}}}}\n")


@pytest.mark.parametrize("name", MARKUPS)
def test_a_scheme_comes_back_from_its_entries(tmp_path, name):
    own = replace(MARKUPS[name], name="cats")
    text = yaml.safe_dump({"name": "cats", **markup_entries(own), "splits": {"a": {"coco": "b"}}})
    assert described(tmp_path, text).markup == own


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_whatever_is_damaged_it_is_read_or_refused(tmp_path_factory, data):
    start = data.draw(st.integers(0, len(WHOLE)))
    end = data.draw(st.integers(start, min(len(WHOLE), start + 12)))
    words = st.sampled_from(["", "&a *a", "[", "{", "nan", "1e999", "-1", "\t", "\x00", "é", ": "])
    text = WHOLE[:start] + data.draw(words) + WHOLE[end:]
    try:
        read = described(tmp_path_factory.mktemp("yaml"), text)
    except DataError:
        return
    assert read.markup.count >= 1
    assert read.splits
