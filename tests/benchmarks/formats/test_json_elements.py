import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.benchmarks.formats.json_elements import json_elements
from landmarks.errors import DataError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=100)
@given(content=st.dictionaries(st.text(max_size=4), VALUES), indent=st.sampled_from([None, 0, 2]))
def test_it_reads_what_the_standard_library_reads(tmp_path_factory, content, indent):
    file = tmp_path_factory.mktemp("json") / "a.json"
    file.write_text(json.dumps(content, indent=indent))
    read: dict = {}
    for key, place, _, value in json_elements(file):
        if place is None:
            read[key] = value
        else:
            read.setdefault(key, []).append(value)
            assert len(read[key]) == place + 1
    assert read == {key: value for key, value in content.items() if value != []}


def test_each_element_knows_its_line(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('{"info": {\n"x": 1},\n\n"images": [\n1,\n\n[\n2], 3]}\n')
    assert [(e.key, e.place, e.line) for e in json_elements(file)] == [
        ("info", None, 1),
        ("images", 0, 5),
        ("images", 1, 7),
        ("images", 2, 8),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "breaks off"),
        ("\n[1", 2, "comma"),
        ('{"a": 1,\n\n}', 3, "Expecting value"),
        ('{"a":\n[1,\n2', 3, 'closing "]"'),
        ('{"a":\n[1 2]}', 2, "comma"),
        ('{"a": 1}\nx', 2, "behind the closing"),
        ('{"a" 1}', 1, "colon"),
        ('{"a": 1,\n"a": 2}', 2, "twice"),
        ('{"a": [1,\n{"b": 1, "b": 2}]}', 2, "twice"),
        ('{"a":\n' + "[" * 100_000, 2, "without end|no JSON"),
        ('{"a":\n' + "1" * 5000 + "}", 2, "digits"),
        ('{"a":\n"\u00e9', 2, "no JSON"),
        ("{1: 2}", 1, "expected a text"),
        ("7", 1, "expected an object"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, text, line, message):
    file = tmp_path / "a.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        list(json_elements(file))
    assert (caught.value.file, caught.value.line) == (file, line)


def test_an_encoding_other_than_utf8_is_named_with_its_line(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(b'{"a":\n"\xe9"}')
    with pytest.raises(DataError, match="UTF-8") as caught:
        list(json_elements(file))
    assert caught.value.line == 2


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        list(json_elements(tmp_path / "none.json"))
