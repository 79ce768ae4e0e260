from dataclasses import replace

import numpy as np
import polars

from landmarks.analysis.foreign import doubt, part_scores, scores_text, write_scores
from landmarks.analysis.statistics import mean_estimate
from landmarks.results import FaceResults
from tests.analysis.made_up import FACTS, PROTOCOLS, face_results

NME = np.random.default_rng(3).lognormal(-3.0, 0.4, 40)
PARTS = (("common",), ("challenge",), ())
RESULTS = replace(
    face_results(NME, "full"),
    subsets=tuple(PARTS[face % 3] for face in range(40)),
    covariances_photo=None,
)


def test_the_whole_split_comes_first_under_every_protocol():
    scores = part_scores(RESULTS, FACTS)
    names = [protocol.name for protocol in PROTOCOLS]
    assert [(score.subset, score.protocol) for score in scores] == [
        (subset, name) for subset in ("all", "common", "challenge") for name in names
    ]
    assert [score.faces for score in scores[:: len(names)]] == [40, 14, 13]
    assert scores[0].nme == mean_estimate(100 * NME)
    common = scores[len(names)]
    assert common.nme == mean_estimate(100 * NME[::3])
    assert common.fr == 100 * np.mean(NME[::3] > 0.1)


def test_the_text_has_a_line_for_each_and_says_what_the_protocols_mean():
    lines = scores_text(part_scores(RESULTS, FACTS), FACTS).splitlines()
    table = lines[: 2 + 3 * len(PROTOCOLS)]
    assert len({len(line) for line in table}) == 1
    assert table[2].startswith("full ")
    assert table[2 + len(PROTOCOLS)].startswith("full: common ")
    for protocol in PROTOCOLS:
        assert f"{protocol.name}: {protocol.description}" in lines


def test_faces_that_are_lost_leave_no_interval():
    lost = face_results(np.append(NME[:5], np.inf), "full")
    line = scores_text(part_scores(lost, FACTS), FACTS).splitlines()[2]
    assert " inf " in line
    assert " – " in line
    assert "nan" not in line


def test_tables_can_be_put_below_those_of_a_comparison(tmp_path):
    scores = part_scores(RESULTS, FACTS)
    files = write_scores(RESULTS, scores, FACTS, "theirs", tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(f.name for f in files)
    faces = polars.read_parquet(tmp_path / "faces.parquet")
    assert faces.schema["seed"] == polars.Int64
    assert faces["seed"].null_count() == 40
    assert set(faces["method"]) == {"theirs"}
    meanings = polars.read_csv(tmp_path / "protocols.csv")
    assert meanings.columns == ["protocol", "normaliser", "fr_above", "auc_up_to", "integral"]
    assert meanings["fr_above"].to_list() == [10, 10, 7, 10]
    found = FaceResults.load(tmp_path / "points-full.npz")
    assert found.covariances_photo is None
    assert found.subsets == RESULTS.subsets


def test_predictions_that_lie_far_off_are_doubted():
    assert doubt(RESULTS, FACTS) is None
    sentence = doubt(face_results(NME + 1, "full"), FACTS)
    assert "half of the faces have an NME above 10" in sentence
    assert PROTOCOLS[0].name in sentence
