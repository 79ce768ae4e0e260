import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from landmarks.analysis.statistics.components import Components
from landmarks.analysis.statistics.required import MOST_FACES, Design
from landmarks.analysis.statistics.seed_spread import SeedSpread

FACES_ONLY = Components(1.0, None, None)


@pytest.mark.parametrize("level", [0.05, 0.05 / 15])
@pytest.mark.parametrize("difference", [0.05, 0.3])
def test_numbers_of_faces_agree_with_statsmodels(level, difference):
    found = Design(50, 1, level, FACES_ONLY, None).faces_needed(difference)
    expected = TTestPower().solve_power(difference, alpha=level, power=0.8)
    assert found == math.ceil(expected)


def test_numbers_of_seeds_agree_with_statsmodels():
    # Nothing differs between faces: the seeds' means are all there is.
    design = Design(500, 3, 0.05, Components(0.0, 1.0, 0.0), SeedSpread(1.0, 2))
    expected = TTestPower().solve_power(0.9, alpha=0.05, power=0.8)
    assert design.seeds_needed(0.9) == math.ceil(expected)


def test_the_number_is_the_smallest_that_will_do():
    spread = SeedSpread(0.01 + 0.36 / 300, 2)
    design = Design(300, 3, 0.05, Components(0.25, 0.01, 0.36), spread)
    for found, name in ((design.faces_needed(0.5), "faces"), (design.seeds_needed(0.2), "seeds")):
        assert found is not None
        goal = 0.5 if name == "faces" else 0.2
        assert design.detectable(**{name: found}) <= goal < design.detectable(**{name: found - 1})


def test_no_number_of_faces_undoes_the_luck_of_seeds():
    design = Design(300, 3, 0.05, Components(0.25, 0.01, 0.36), SeedSpread(0.0112, 2))
    assert design.faces_needed(0.05) is None
    assert design.seeds_needed(0.05) is None  # 300 faces do not tell so little apart
    assert design.seeds_needed(0.12) is not None


def test_nothing_resolves_what_is_zero_or_next_to_it():
    design = Design(300, 1, 0.05, FACES_ONLY, None)
    assert design.faces_needed(0.0) is None
    assert design.faces_needed(1e-6) is None
    assert design.faces_needed(2.9 / math.sqrt(MOST_FACES)) is not None
    assert design.seeds_needed(0.3) is None


def test_more_of_either_and_a_looser_level_tell_more_apart():
    design = Design(300, 3, 0.05, Components(0.25, 0.001, 0.36), SeedSpread(0.0022, 2))
    assert design.detectable(faces=600) < design.detectable()
    assert design.detectable(seeds=5) < design.detectable()
    assert design._replace(level=0.01).detectable() > design.detectable()


def test_what_is_detectable_is_detected_in_four_of_five():
    """Where faces and seeds both matter, by the t test of simulated seeds and faces."""
    rng = np.random.default_rng(0)
    faces, seeds, face, seed, rest = 200, 6, 0.36, 0.01, 0.25
    variance = seed + rest / faces
    design = Design(faces, seeds, 0.05, Components(face, seed, rest), SeedSpread(variance, 5))
    truth = design.detectable()
    draws = 20_000
    means = truth + rng.normal(0, math.sqrt(face / faces), draws)
    lucks = rng.normal(0, math.sqrt(variance), (draws, seeds))
    means += lucks.mean(axis=1)
    of_seeds = lucks.var(axis=1, ddof=1) / seeds
    half = np.sqrt(1.96**2 * face / faces + stats.t.ppf(0.975, seeds - 1) ** 2 * of_seeds)
    assert (means > half).mean() == pytest.approx(0.8, abs=0.03)
