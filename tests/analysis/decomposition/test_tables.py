import math

from landmarks.analysis.decomposition import (
    ErrorTerms,
    GroupError,
    LandmarkError,
    ResolutionPoint,
    Term,
    groups_table,
    landmarks_table,
    resolution_table,
    terms_table,
)
from landmarks.analysis.statistics import Estimate

NME = Estimate(4.0, 3.5, 4.5)
LEVELS = {"backbone": "small"}


def terms(half=None):
    parts = (
        Term("crop", Estimate(0.0, 0.0, 0.0), 0.0, True),
        Term("encode", Estimate(0.25, 0.2, 0.3), 1.25, False),
        Term("decode", Estimate(0.5, 0.4, 0.6), 0.0, True),
        Term("network", Estimate(3.25, 3.0, 3.5), None, False),
    )
    return ErrorTerms("a", LEVELS, "test", "300w/x", 9, 2, NME, parts, "b", half)


def test_terms():
    table = terms_table([terms(Estimate(0.7, 0.6, 0.8)), terms()])
    assert table.columns[:3] == ["method", "backbone", "split"]
    names = ["total", "crop", "encode", "decode", "network"]
    assert table["term"].to_list() == [*names, "half_resolution", *names]
    first = table.head(5)
    assert first["nme"][0] == sum(first["nme"][1:])
    assert table.row(2, named=True)["oracle"] == 1.25
    assert table["measured"].to_list()[:5] == [True, True, False, True, False]
    assert set(table["finest_reading"]) == {"b"}


def test_landmarks():
    rows = [LandmarkError("a", {}, "test", 3, ("eye", "lid"), 7, NME)]
    assert landmarks_table(rows).row(0) == ("a", "test", 3, "eye lid", 7, 4.0, 3.5, 4.5)


def test_groups():
    rows = [
        GroupError("a", LEVELS, "test", "roll", "0–5°", 7, 70, Estimate(1.0, math.nan, math.nan))
    ]
    (row,) = groups_table(rows).rows(named=True)
    assert (row["backbone"], row["grouping"], row["group"]) == ("small", "roll", "0–5°")
    assert (row["faces"], row["points"], row["nme"]) == (7, 70, 1.0)


def test_resolution_of_methods_with_other_axes():
    rows = [
        ResolutionPoint("a", LEVELS, "test", "heatmap_size", 32, NME, True, 7, 3),
        ResolutionPoint("b", {}, "test", "heatmap_size", 64, NME, False, 7, 3),
    ]
    table = resolution_table(rows)
    assert table["backbone"].to_list() == ["small", None]
    assert table["size"].to_list() == [32, 64]
    assert table["trained"].to_list() == [True, False]


def test_tables_of_nothing():
    for table in (terms_table([]), landmarks_table([]), groups_table([]), resolution_table([])):
        assert table.height == 0
        assert table.columns[0] == "method"
