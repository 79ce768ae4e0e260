from landmarks.analysis.decomposition import (
    ErrorTerms,
    GroupError,
    LandmarkError,
    ResolutionPoint,
    Term,
)
from landmarks.analysis.report.exhibits import (
    groups_exhibit,
    landmark_exhibit,
    resolution_exhibit,
    selection_exhibit,
    terms_exhibit,
)
from landmarks.analysis.selection import Selection
from landmarks.analysis.statistics import Estimate


def about(value):
    return Estimate(value, value - 0.1, value + 0.1)


def texts(table):
    return {column.title: [column.text(row) for row in table.rows] for column in table.columns}


def terms(method, **changes):
    parts = (
        Term("crop", about(0.1), 0.05, False),
        Term("encode", about(0.2), 0.1, False),
        Term("decode", about(-0.1), 0.2, True),
        Term("network", about(3.8), None, True),
    )
    made = ErrorTerms(method, {}, "ibug", "300w/inter_ocular", 135, 3, about(4.0), parts, method)
    return made._replace(**changes)


def test_terms_stand_beside_their_oracles():
    exhibit = terms_exhibit([terms("a"), terms("b", half_resolution=about(0.3))])
    found = texts(exhibit.tables[0])
    assert found["network"] == ["+3.80", "+3.80"]
    assert found["decode"] == ["−0.10", "−0.10"]
    assert found["decode, oracle"] == ["0.20", "0.20"]
    assert "network, oracle" not in found
    assert found["half resolution"] == ["–", "+0.30"]
    assert "Crop and encode are simulated" in exhibit.sentences[0]
    assert len(terms_exhibit([terms("a")]).sentences) == 1


def test_groups_have_a_table_each_and_a_dash_where_a_method_has_none():
    rows = [
        GroupError("a", {}, "ibug", "part", "jaw", 10, 170, about(5.0)),
        GroupError("a", {}, "ibug", "part", "nose", 10, 90, about(3.0)),
        GroupError("b", {}, "ibug", "part", "nose", 10, 90, about(4.0)),
        GroupError("a", {}, "ibug", "roll", "upright", 4, 272, about(2.0)),
    ]
    exhibit = groups_exhibit(rows)
    assert exhibit.folded
    parts, rolls = map(texts, exhibit.tables)
    assert parts["part"] == ["jaw", "nose"]
    assert parts["a"] == ["5.00", "3.00"]
    assert parts["b"] == ["–", "4.00"]
    assert rolls == {"roll": ["upright"], "faces": ["4"], "points": ["272"], "a": ["2.00"]}


def test_landmarks_stand_in_their_order():
    rows = [
        LandmarkError(method, {}, "ibug", point, ("jaw",), 9, about(nme + point))
        for method, nme in (("a", 1.0), ("b", 2.0))
        for point in range(3)
    ]
    found = texts(landmark_exhibit(rows).tables[0])
    assert found["landmark"] == ["0", "1", "2"]
    assert found["b"] == ["2.00", "3.00", "4.00"]


def test_simulated_points_are_told_from_trained_ones():
    at_64 = ResolutionPoint(
        "a", {"backbone": "small"}, "ibug", "heatmap_size", 64, about(4.0), True, 9, 3
    )
    rows = [at_64._replace(size=32, trained=False), at_64]
    exhibit = resolution_exhibit(rows)
    found = texts(exhibit.tables[0])
    assert exhibit.heading == "Resolution of the heatmap"
    assert found["how"] == ["simulated", "trained"]
    assert found["backbone"] == ["small", "small"]
    assert found["cells"] == ["32", "64"]
    assert len(exhibit.sentences) == 1
    assert not resolution_exhibit(rows[1:]).sentences


def test_the_gap_of_picking_on_test_faces_is_told():
    one = Selection("a", {}, "ibug", "300w/inter_ocular", 2, 4.0, 4.2, 3.9, 3.8, (8, 9), (5, 6))
    exhibit = selection_exhibit([one], "b was trained without it.")
    found = texts(exhibit.tables[0])
    assert found["gap"] == ["+0.10"]
    assert found["gap of the best seed"] == ["+0.20"]
    assert found["epochs chosen"] == ["9, 10"]
    assert exhibit.sentences[-1] == "b was trained without it."
    nothing = selection_exhibit([], "a was trained without it.")
    assert nothing.tables == ()
    assert nothing.sentences == ["a was trained without it."]
