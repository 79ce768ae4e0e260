"""Damaged annotation files, and what a reader may make of them.

A reader that meets a damaged file either reads the faces that were written, or raises a `DataError`
that names the file (and in a text file the line). It never returns a wrong face and never fails in
another way. How to try that on a reader::

    @pytest.fixture(scope="module")
    def tree(tmp_path_factory):
        root = tmp_path_factory.mktemp("wflw")
        return root, write_wflw_tree(root)

    @settings(deadline=None, max_examples=50)
    @given(data=st.data())
    def test_a_damaged_list(tree, data):
        root, truth = tree
        file = root / LIST
        mutation = data.draw(text_mutations(file.read_bytes(), names=206, reorder=True))
        check_reading(
            file, mutation, lambda: WFLW(root).records("train"), truth["train"],
            legitimate=some_of,
        )

`text_mutations` and `binary_mutations` take the bytes of a sound file and draw damaged ones;
`check_reading` puts them in the file's place for the time of one reading. What a reader cannot know
is settled by the caller:

* ``reorder``: whether lines may change places. Two lines of a list of faces may; two points of one
  face may not, since no reader could tell.
* ``legitimate``: what may be read apart from an error. `exactly` (the rule) demands the truth;
  `some_of` allows faces of the truth in another number or order, for a list that has lost, doubled
  or exchanged lines; a test may pass a function of its own, such as one that compares points alone.
* ``also``: further files that an error may name, such as a list that no longer fits the damaged
  one.

A file whose last number may be cut short without a trace (a box at the end of a file) is no defect
of the reader: leave the cuts in that number out with ``last_word=False``.
"""

import codecs
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from landmarks.batch import Record
from landmarks.errors import DataError
from tests.benchmarks.official.truth import Face

BAD_WORDS = ("nan", "inf", "-inf", "1e308", "-1e308", "x", "1_000", "", "0x10", "1,5", "--1")
BAD_NAMES = (
    "",
    "../x.jpg",
    "a/../../x.jpg",
    "..\\x.jpg",
    "/etc/passwd",
    "C:\\x.jpg",
    "\\\\server\\x.jpg",
    "none such.jpg",
    "none.jpg",
    ".",
    "x" * 300,
)
"""Names that mean no picture of the tree, or one that must not be opened."""

WIDE_ENCODINGS = ("utf-16", "utf-16-be")
for _encoding in WIDE_ENCODINGS:
    codecs.lookup(
        _encoding
    )  # imported now: an import draws random numbers, which a strategy may not

Legitimate = Callable[[Sequence[Record], Sequence[Face]], bool]


class Mutation(NamedTuple):
    """A damaged file.

    Attributes:
        what: What was done to it, for the message of a failing test.
        data: Its bytes.
        text: Whether an error has to name a line.
    """

    what: str
    data: bytes
    text: bool = True

    def __repr__(self) -> str:
        return f"<{self.what}: {len(self.data)} bytes>"


# --- what is done to a file ---


@st.composite
def text_mutations(
    draw: st.DrawFn,
    data: bytes,
    *,
    counts: Sequence[int] = (),
    names: int | None = None,
    reorder: bool = False,
    last_word: bool = True,
) -> Mutation:
    """Damages of a text file.

    Args:
        draw: Hypothesis.
        data: The sound file, in ASCII.
        counts: Lines, from 0, whose number is a count that must agree with the rest.
        names: Which word of a line is the name of a picture, if one is.
        reorder: Whether lines may change places.
        last_word: Whether the file may be cut off within its last word.
    """
    lines = data.decode("ascii").splitlines()
    kinds: dict[str, Callable[[], bytes]] = {
        "cut off": lambda: _cut(draw, data, last_word),
        "a line dropped": lambda: _dropped(draw, lines),
        "a line doubled": lambda: _doubled(draw, lines),
        "a word replaced": lambda: _word(draw, lines, BAD_WORDS),
        "a word more": lambda: _longer(draw, lines),
        "a Latin-1 letter": lambda: _inserted(draw, data, b"\xe9"),
        "a NUL": lambda: _inserted(draw, data, b"\x00"),
        "UTF-16": lambda: data.decode().encode(draw(st.sampled_from(WIDE_ENCODINGS))),
        "other line ends": lambda: (
            draw(st.sampled_from(["\r\n", "\r"])).join([*lines, ""]).encode()
        ),
        "a byte order mark": lambda: b"\xef\xbb\xbf" + data,
        "blank lines": lambda: _blank_lines(draw, lines),
        "no last line end": lambda: data.rstrip(b"\r\n"),
        "empty": lambda: b"",
    }
    if reorder:
        kinds["lines exchanged"] = lambda: _exchanged(draw, lines)
    if counts:
        kinds["a wrong count"] = lambda: _miscounted(draw, lines, counts)
    if names is not None:
        kinds["another name"] = lambda: _word(draw, lines, BAD_NAMES, names)
    what = draw(st.sampled_from(list(kinds)))
    return Mutation(what, kinds[what]())


@st.composite
def binary_mutations(draw: st.DrawFn, data: bytes) -> Mutation:
    """Damages of a binary file: cut off, bytes changed, lost, doubled, zeroed or appended."""
    start = draw(st.integers(0, len(data) - 1))
    end = min(len(data), start + draw(st.integers(1, 64)))
    block = data[start:end]
    kinds: dict[str, Callable[[], bytes]] = {
        "cut off": lambda: data[:start],
        "a byte changed": lambda: (
            data[:start] + bytes([data[start] ^ draw(st.integers(1, 255))]) + data[start + 1 :]
        ),
        "bytes lost": lambda: data[:start] + data[end:],
        "bytes doubled": lambda: data[:end] + block + data[end:],
        "bytes zeroed": lambda: data[:start] + bytes(len(block)) + data[end:],
        "bytes set": lambda: data[:start] + b"\xff" * len(block) + data[end:],
        "bytes appended": lambda: data + draw(st.binary(min_size=1, max_size=64)),
        "empty": lambda: b"",
        "a text": lambda: b"not found\n",
    }
    what = draw(st.sampled_from(list(kinds)))
    return Mutation(f"{what} at {start}", kinds[what](), text=False)


def _join(lines: Sequence[str]) -> bytes:
    return "\n".join([*lines, ""]).encode()


def _place(draw: st.DrawFn, lines: Sequence[str]) -> int:
    return draw(st.integers(0, len(lines) - 1))


def _cut(draw: st.DrawFn, data: bytes, last_word: bool) -> bytes:
    longest = len(data) - 1 if last_word else data.rstrip().rfind(data.split()[-1])
    return data[: draw(st.integers(0, longest))]


def _dropped(draw: st.DrawFn, lines: Sequence[str]) -> bytes:
    place = _place(draw, lines)
    return _join([*lines[:place], *lines[place + 1 :]])


def _doubled(draw: st.DrawFn, lines: Sequence[str]) -> bytes:
    place = _place(draw, lines)
    return _join([*lines[: place + 1], *lines[place:]])


def _exchanged(draw: st.DrawFn, lines: Sequence[str]) -> bytes:
    a, b = _place(draw, lines), _place(draw, lines)
    changed = list(lines)
    changed[a], changed[b] = changed[b], changed[a]
    return _join(changed)


def _word(
    draw: st.DrawFn, lines: Sequence[str], words: Sequence[str], column: int | None = None
) -> bytes:
    """One word of a line replaced; in a given column, or in any."""
    full = [number for number, line in enumerate(lines) if line.split()]
    place = draw(st.sampled_from(full))
    pieces = re.split(r"(\s+)", lines[place].strip())  # words and the spaces between them
    column = draw(st.integers(0, len(pieces) // 2)) if column is None else column
    pieces[2 * column] = draw(st.sampled_from(words))
    return _join([*lines[:place], "".join(pieces), *lines[place + 1 :]])


def _longer(draw: st.DrawFn, lines: Sequence[str]) -> bytes:
    place = draw(st.sampled_from([number for number, line in enumerate(lines) if line.split()]))
    more = draw(st.sampled_from(["{} 7", "7 {}", "{} x", "{}, 7"])).format(lines[place])
    return _join([*lines[:place], more, *lines[place + 1 :]])


def _inserted(draw: st.DrawFn, data: bytes, what: bytes) -> bytes:
    place = draw(st.integers(0, len(data)))
    return data[:place] + what + data[place:]


def _blank_lines(draw: st.DrawFn, lines: Sequence[str]) -> bytes:
    blank = draw(st.sampled_from(["", "  ", "\t"]))
    place = draw(st.integers(0, len(lines)))
    return _join([*lines[:place], *[blank] * draw(st.integers(1, 3)), *lines[place:]])


def _miscounted(draw: st.DrawFn, lines: Sequence[str], counts: Sequence[int]) -> bytes:
    place = draw(st.sampled_from(counts))
    (count,) = re.findall(r"\d+", lines[place])
    wrong = draw(st.sampled_from([-int(count), 0, 1, int(count) - 1, int(count) + 1, 10**9]))
    changed = lines[place].replace(count, str(wrong))
    return _join([*lines[:place], changed, *lines[place + 1 :]])


# --- what may be read ---


def exactly(records: Sequence[Record], truth: Sequence[Face]) -> bool:
    """Whether just the faces of the truth are read, in their order."""
    return len(records) == len(truth) and all(map(agree, records, truth))


def some_of(records: Sequence[Record], truth: Sequence[Face]) -> bool:
    """Whether every face that is read is one of the truth; how many and in which order is free."""
    return all(any(agree(record, face) for face in truth) for record in records)


def agree(record: Record, face: Face) -> bool:
    """Whether a face is read as it was written, to 1e-3 px."""
    if (record.box is None) != (face.box is None):
        return False
    if (record.occluded is None) != (face.occluded is None):
        return False
    return (
        record.points_photo.shape == face.points.shape
        and np.allclose(record.points_photo, face.points, 0, 1e-3, equal_nan=True)
        and (face.box is None or np.allclose(tuple(record.box or ()), face.box, 0, 1e-3))
        and (face.occluded is None or np.array_equal(np.array(record.occluded), face.occluded))
        and record.subsets == face.subsets
    )


def check_reading(
    file: Path,
    mutation: Mutation,
    read: Callable[[], Sequence[Record]],
    truth: Sequence[Face],
    *,
    legitimate: Legitimate = exactly,
    also: Sequence[Path] = (),
) -> None:
    """Reads a tree in which one file is damaged, and puts the file back.

    Args:
        file: The file to damage.
        mutation: The damage.
        read: Reads the split that the file belongs to.
        truth: What is read while the file is sound.
        legitimate: What may be read, apart from an error.
        also: Further files that an error may name.
    """
    sound = file.read_bytes()
    try:
        file.write_bytes(mutation.data)
        error = None
        try:
            records = read()
        except DataError as raised:
            error = raised
    finally:
        file.write_bytes(sound)
    if error is None:
        assert legitimate(records, truth), (
            f"{mutation.what}: a wrong face was read from {mutation.data[:4000]!r}"
        )
        return
    assert error.file in {file, *also}, f"{mutation.what}: {error}"
    if mutation.text:
        assert error.line is not None, f"{mutation.what}: no line in: {error}"
        last = len(mutation.data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
        assert error.file != file or 1 <= error.line <= last, f"{mutation.what}: {error}"
