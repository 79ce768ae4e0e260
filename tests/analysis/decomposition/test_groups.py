import math
from dataclasses import replace

import numpy as np
import pytest

from landmarks.analysis.decomposition import UNTOLD, group_errors
from landmarks.benchmarks import BENCHMARKS
from landmarks.markups import MARKUPS, Markup
from landmarks.results import FaceResults
from tests.analysis.decomposition.simulated import run

FACTS = BENCHMARKS["300w"].facts
PROTOCOL = FACTS.protocols[0].name
FACES = 40


def faces(markup=MARKUPS["68"], seed=0, missing=0.1, count=FACES, protocol=PROTOCOL):
    """Mean shapes of many sizes and poses, with errors and missing points."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(15, 150, (count, 1, 1))
    truth = size * markup.mean_shape + rng.normal(0, 0.05, (count, markup.count, 2)) * size
    truth[rng.uniform(size=truth.shape[:2]) < missing] = np.nan
    points = truth + rng.normal(0, 0.05, truth.shape) * size
    points = np.where(np.isnan(points), 7.0, points)
    distance = size[:, 0, 0] * 1.4
    return FaceResults(
        split="test",
        face=np.arange(count),
        photo=tuple(map(str, range(count))),
        subsets=tuple(("ibug",) if face % 4 == 0 else () for face in range(count)),
        points_photo=points,
        covariances_photo=None,
        true_points_photo=truth,
        normalisers={protocol: distance},
        nme={protocol: np.nanmean(np.linalg.norm(points - truth, axis=-1), axis=1) / distance},
    )


def of(rows, grouping):
    return {row.group: row for row in rows if row.grouping == grouping}


def test_groups_against_plain_loops():
    found = faces()
    rows = group_errors([run("a", found)], FACTS)
    sums = {}
    for face in range(FACES):
        truth = found.true_points_photo[face]
        left, right, nose = truth[36], truth[45], truth[30]
        width = math.dist(left, right)
        names = {("subset", "all")}
        names |= {("subset", "ibug")} if "ibug" in found.subsets[face] else set()
        if math.isnan(width):
            names |= {(which, UNTOLD) for which in ("yaw proxy", "roll", "inter-ocular distance")}
        else:
            edges = ((0, 30), (30, 60), (60, 120), (120, 240))
            names |= {
                ("inter-ocular distance", f"{low}–{high} px")
                for low, high in edges
                if low <= width < high
            }
            angle = abs(math.degrees(math.atan2(right[1] - left[1], right[0] - left[0])))
            group = "0–5°" if angle < 5 else "5–15°" if angle < 15 else "15–30°"
            names.add(("roll", group))
            if math.isnan(nose[0]):
                names.add(("yaw proxy", UNTOLD))
            else:
                share = np.dot(nose - left, right - left) / width**2
                yaw = abs(2 * share - 1)
                group = "0–0.1" if yaw < 0.1 else "0.1–0.25" if yaw < 0.25 else "0.25–0.5"
                names.add(("yaw proxy", group))
        points = int((~np.isnan(truth[:, 0])).sum())
        for name in names:
            count, total, seen = sums.get(name, (0, 0.0, 0))
            sums[name] = count + 1, total + found.nme[PROTOCOL][face], seen + points
    told = {(row.grouping, row.group): row for row in rows if row.grouping != "part"}
    assert told.keys() == sums.keys()
    for name, (count, total, points) in sums.items():
        row = told[name]
        assert (row.faces, row.points) == (count, points)
        assert row.nme.value == pytest.approx(100 * total / count)


def test_parts_against_plain_loops():
    found = faces(missing=0.6)
    rows = of(group_errors([run("a", found)], FACTS), "part")
    assert list(rows) == list(FACTS.markup.parts)
    for name, part in FACTS.markup.parts.items():
        means, points = [], 0
        for face in range(FACES):
            own = [
                math.dist(found.points_photo[face, k], found.true_points_photo[face, k])
                for k in part.points
                if not math.isnan(found.true_points_photo[face, k, 0])
            ]
            points += len(own)
            if own:
                means.append(np.mean(own) / found.normalisers[PROTOCOL][face])
        assert (rows[name].faces, rows[name].points) == (len(means), points)
        assert rows[name].nme.value == pytest.approx(100 * np.mean(means))


def test_the_whole_split_has_the_nme_of_the_results():
    seeds = [faces(seed=0), replace(faces(seed=0), points_photo=faces(seed=0).points_photo + 1.0)]
    rows = group_errors([run("a", own, seed) for seed, own in enumerate(seeds)], FACTS)
    first, second = (
        np.nanmean(np.linalg.norm(own.points_photo - own.true_points_photo, axis=-1), axis=1)
        / own.normalisers[PROTOCOL]
        for own in seeds
    )
    whole = of(rows, "subset")["all"]
    assert whole.nme.value == pytest.approx(50 * (first.mean() + second.mean()))
    assert whole.nme.low < whole.nme.value < whole.nme.high
    assert whole.faces == FACES


@pytest.mark.parametrize("name", MARKUPS)
def test_every_markup(name):
    benchmark = next(b for b in BENCHMARKS.values() if b.facts.markup.name == name)
    protocol = benchmark.facts.protocols[0].name
    found = faces(MARKUPS[name], protocol=protocol)
    rows = group_errors([run("foreign", found, None)], benchmark.facts)
    parts = of(rows, "part")
    told = {point for part in MARKUPS[name].parts.values() for point in part.points}
    assert ("other points" in parts) == (len(told) < MARKUPS[name].count)
    for grouping in ("yaw proxy", "roll", "inter-ocular distance"):
        assert sum(row.faces for row in of(rows, grouping).values()) == FACES
    assert all(np.isfinite(row.nme.value) for row in rows)


def test_a_markup_of_bare_points():
    markup = Markup("bare", 3, (0, 1, 2))
    found = faces()
    bare = replace(
        found,
        points_photo=found.points_photo[:, :3],
        true_points_photo=np.nan_to_num(found.true_points_photo[:, :3]),
    )
    rows = group_errors([run("a", bare)], replace(FACTS, markup=markup))
    assert {row.grouping for row in rows} == {"subset"}
