from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from landmarks.batch import Record
from landmarks.benchmarks.base import Benchmark
from landmarks.benchmarks.w300 import W300
from landmarks.data.evaluation_set import EvaluationSet
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError

PROTOCOLS = W300.facts.protocols


def faces(count):
    rng = np.random.default_rng(0)
    return [
        Record(PhotoFile(Path(f"{i}.jpg"), f"ibug/{i}.jpg"), rng.uniform(0, 100, (68, 2)))
        for i in range(count)
    ]


def test_normalisers_have_a_row_a_face_and_a_column_a_protocol():
    records = faces(3)
    found = W300().normalisers(records)
    assert found.shape == (3, len(PROTOCOLS))
    assert found[2, 1] == PROTOCOLS[1].normaliser(records[2])
    assert W300().normalisers([]).shape == (0, len(PROTOCOLS))


def test_a_face_that_a_protocol_cannot_measure_is_named_with_it():
    """A profile has one eye: only protocols by a box can measure it."""
    records = faces(3)
    records[1].points_photo[45] = np.nan
    with pytest.raises(DataError) as caught:
        W300().normalisers(records)
    assert str(caught.value).startswith(
        "300w/inter_ocular cannot measure face 2 of 3: ibug/1.jpg: eye corner 45 (counted from 0) "
        "is not annotated"
    )


class BoxAlone(Benchmark):
    """Faces of which every one is measured by its box alone."""

    facts = replace(W300.facts, protocols=PROTOCOLS[2:])

    def prepare(self, splits):
        """Nothing."""

    def records(self, split):
        return faces(3)

    def found(self, split):
        return "3 faces"


def test_missing_points_are_no_bar_to_a_protocol_by_box():
    benchmark = BoxAlone()
    records = benchmark.records("train")
    records[1].points_photo[30:] = np.nan
    truth = EvaluationSet.of(benchmark, "validation", records)
    assert truth.split == "validation"
    assert truth.protocols == PROTOCOLS[2:]
    assert truth.points_photo.shape == (3, 68, 2)
    assert truth.points_photo[1, 30:].isnan().all()
    np.testing.assert_array_equal(truth.normalisers, benchmark.normalisers(records))
    assert EvaluationSet.of(benchmark, "none", []).points_photo.shape == (0, 68, 2)
