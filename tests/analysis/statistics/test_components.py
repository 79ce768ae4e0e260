import math

import numpy as np
import pytest

from landmarks.analysis.statistics.components import variance_components


def test_the_components_of_many_layouts_average_to_the_truth():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(400):
        faces, seeds = rng.normal(0, 0.5, (1, 60)), rng.normal(0, 0.2, (4, 1))
        found.append(variance_components(3 + faces + seeds + rng.normal(0, 0.3, (4, 60))))
    for component, truth in (("face", 0.25), ("seed", 0.04), ("rest", 0.09)):
        values = [getattr(one, component) for one in found]
        error = np.std(values) / math.sqrt(len(values))
        # Negative estimates of the seeds' variance become 0, which is rare at this size.
        assert np.mean(values) == pytest.approx(truth, abs=4 * error)


def plain_components(values):
    """The mean squares of the two-way layout, in plain loops."""
    seeds, faces = len(values), len(values[0])
    grand = sum(map(sum, values)) / (seeds * faces)
    by_seed = [sum(row) / faces for row in values]
    by_face = [sum(row[n] for row in values) / seeds for n in range(faces)]
    of_seeds = faces * sum((mean - grand) ** 2 for mean in by_seed) / (seeds - 1)
    of_faces = seeds * sum((mean - grand) ** 2 for mean in by_face) / (faces - 1)
    squares = sum(
        (values[s][n] - by_seed[s] - by_face[n] + grand) ** 2
        for s in range(seeds)
        for n in range(faces)
    )
    rest = squares / ((seeds - 1) * (faces - 1))
    return max(0, of_faces - rest) / seeds, max(0, of_seeds - rest) / faces, rest


@pytest.mark.parametrize("seed", range(4))
def test_the_components_agree_with_plain_loops(seed):
    values = np.random.default_rng(seed).normal(0, 1, (3, 8))
    found = variance_components(values)
    assert tuple(found) == pytest.approx(plain_components(values.tolist()))


def test_one_seed_has_only_faces():
    values = np.array([[1.0, 2.0, 4.0]])
    found = variance_components(values)
    assert found.face == pytest.approx(values.var(ddof=1))
    assert found.seed is None
    assert found.rest is None


def test_what_is_the_same_under_every_seed_has_no_seed_variance():
    found = variance_components(np.tile([[1.0, 2.0, 4.0]], (3, 1)))
    assert found.face == pytest.approx(np.var([1, 2, 4], ddof=1))
    assert found.seed == found.rest == 0
