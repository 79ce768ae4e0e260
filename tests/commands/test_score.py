import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars
import pytest

from landmarks.benchmarks.formats import Coco
from landmarks.benchmarks.w300 import W300
from landmarks.cli import main
from landmarks.commands.train import build
from landmarks.results import FaceResults
from tests.benchmarks.official.cofw68 import write_cofw68_tree
from tests.benchmarks.official.trees import TREES
from tests.benchmarks.official.w300 import write_300w
from tests.benchmarks.own_data import faces, write_own
from tests.commands.test_train import experiment

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers.*")

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
COFW68 = SHARED / "data" / "samples" / "cofw68"
COLUMNS = ["method", "seed", "split", "subset", "protocol", "faces", "nme", "fr", "auc"]


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    """A test run of an untrained network on the full set, and the root of its files."""
    folder = tmp_path_factory.mktemp("tested")
    root, output = folder / "300w", folder / "run"
    write_300w(root, faces_per_folder=2, folders=("helen/testset", "lfpw/testset", "ibug"))
    settings = experiment(root, output)
    settings["data"]["init_args"]["test_splits"] = ["full"]
    run = build(settings)
    run.trainer.test(run.model, run.datamodule, verbose=False)
    return root, output


def score(file, root, output, *options, benchmark="300w"):
    words = ["score", str(file), "--benchmark", benchmark, "--root", str(root)]
    return main([*words, "--output", str(output), *options])


def result_list(found):
    """Predictions as a list of results, with the ids that this project gives."""
    return [
        {"image_id": int(face) + 1, "category_id": 1, "score": 1.0,
         "keypoints": np.pad(points, ((0, 0), (0, 1)), constant_values=1).ravel().tolist()}
        for face, points in zip(found.face, found.points_photo, strict=True)
    ]  # fmt: skip


def full_file(found):
    """Predictions as other projects write them: names of pictures, numbers of their own."""
    images = [{"id": 90 - i, "file_name": name} for i, name in enumerate(found.photo)]
    entries = result_list(found)
    for place, entry in enumerate(entries):
        entry |= {"id": 7 * place, "image_id": 90 - place}
    return {"images": images, "annotations": entries[::-1]}


@pytest.mark.parametrize("convert", [result_list, full_file, None])
def test_predictions_of_a_test_run_score_as_the_test_run_did(tested, tmp_path, convert, capsys):
    root, run = tested
    file = run / "points-full.npz"
    found = FaceResults.load(file)
    if convert is not None:
        file = tmp_path / "foreign.json"
        file.write_text(json.dumps(convert(found)))
    output = tmp_path / "scored"
    assert score(file, root, output, "--method", "mine") == 0
    results = polars.read_csv(output / "results.csv")
    assert results.columns == COLUMNS
    assert set(results["method"]) == {"mine"}
    assert results["seed"].null_count() == len(results) == 4 * 3
    assert set(results["subset"]) == {"all", "common", "challenge"}
    # To the last digit: the texts are the same.
    own, before = ((folder / "results.csv").read_text() for folder in (output, run))
    assert [row.removeprefix("mine,,") for row in own.splitlines()[1:]] == before.splitlines()[1:]
    faces = polars.read_parquet(output / "faces.parquet")
    tested_faces = polars.read_parquet(run / "faces.parquet")
    assert faces.drop("method", "seed").equals(tested_faces)
    again = FaceResults.load(output / "points-full.npz")
    np.testing.assert_array_equal(again.points_photo, found.points_photo)
    if convert is None:
        np.testing.assert_array_equal(again.covariances_photo, found.covariances_photo)
    else:
        assert again.covariances_photo is None
    assert (output / "protocols.csv").read_text() == (run / "protocols.csv").read_text()
    shown = capsys.readouterr().out
    for row in results.rows(named=True):
        name = "full" if row["subset"] == "all" else f"full: {row['subset']}"
        (line,) = [
            line for line in shown.splitlines() if line.startswith(f"{name} ")
            and f" {row['protocol']} " in line
        ]  # fmt: skip
        assert f" {row['nme']:.2f} " in line
        assert line.split()[-1] == f"{row['auc']:.2f}"
    assert "300w/inter_ocular: distance of the outer eye corners, points 36 and 45; FR" in shown


def test_the_summary_has_the_intervals(tested, tmp_path):
    root, run = tested
    assert score(run / "points-full.npz", root, tmp_path) == 0
    summary = polars.read_csv(tmp_path / "summary.csv")
    results = polars.read_csv(tmp_path / "results.csv")
    assert set(summary["method"]) == {"points-full"}
    keys = ["split", "subset", "protocol", "method", "faces", "nme", "fr", "auc"]
    assert summary.select(keys).equals(results.select(keys))
    for row in summary.rows(named=True):
        assert row["nme_low"] < row["nme"] < row["nme_high"]


def shifted(root, shift=(3.0, 4.0)):
    """The truth as a prediction, a little to the right and down."""
    records = W300(root).records("full")
    return [
        {"image_id": place, "keypoints": (record.points_photo + np.array(shift)).ravel().tolist()}
        for place, record in enumerate(records, start=1)
    ]


def test_the_error_is_that_of_the_shift_and_the_first_pixel_is_heard(tested, tmp_path):
    root, _ = tested
    file = tmp_path / "shifted.json"
    file.write_text(json.dumps(shifted(root)))
    records = W300(root).records("full")
    distance = [np.hypot(*(r.points_photo[36] - r.points_photo[45])) for r in records]
    for first, error in ((0, 5.0), (1, np.hypot(2, 3))):
        assert score(file, root, tmp_path / "out", "--first_pixel", str(first)) == 0
        faces = polars.read_parquet(tmp_path / "out" / "faces.parquet")
        np.testing.assert_allclose(
            faces["300w/inter_ocular"], 100 * error / np.array(distance), rtol=1e-9
        )


def test_missing_faces_are_refused_or_fail(tested, tmp_path, capsys):
    root, _ = tested
    entries = shifted(root, (0.03, 0.04))
    file = tmp_path / "some.json"
    file.write_text(json.dumps(entries[:4] + entries[5:]))
    assert score(file, root, tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.startswith(f"landmarks score: error: {file}: 1 of 6 faces of 300W full have no ")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert score(file, root, tmp_path / "out", "--missing_fails") == 0
    assert "1 of 6 faces are missing and count as failures" in capsys.readouterr().out
    results = polars.read_csv(tmp_path / "out" / "results.csv")
    whole = results.filter(subset="all", protocol="300w/box").row(0, named=True)
    assert whole["nme"] == np.inf
    assert whole["fr"] == pytest.approx(100 / 6)


def test_predictions_of_other_faces_are_doubted(tested, tmp_path, capsys):
    root, _ = tested
    file = tmp_path / "far.json"
    file.write_text(json.dumps(shifted(root, (1000, 0))))
    assert score(file, root, tmp_path / "out") == 0
    error = capsys.readouterr().err
    assert "landmarks score: warning: half of the faces have an NME above" in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--split", "nowhere"], "--split 'nowhere': 300W has no such split"),
        (["--first_pixel", "2"], "--first_pixel 2 must be 0 or 1"),
        (["--method", " "], "--method is empty"),
        (["--split", "common"], "holds the faces of 'full', not of 'common'"),
    ],
)
def test_options_that_cannot_be_used(tested, tmp_path, options, message, capsys):
    root, run = tested
    assert score(run / "points-full.npz", root, tmp_path / "out", *options) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_a_file(tested, tmp_path, capsys):
    root, run = tested
    (tmp_path / "out").touch()
    assert score(run / "points-full.npz", root, tmp_path / "out") == 2
    assert "out is a file; name a folder" in capsys.readouterr().err


def test_the_text_format_counts_pixels_from_1_as_its_benchmark_does(tmp_path):
    """Predictions that agree with the numbers of the annotation files have no error."""
    truth = write_cofw68_tree(tmp_path, pictures=False)["test"]
    rows = []
    for number, face in reversed(list(enumerate(truth, start=1))):
        x, y = (face.points + 1).T.tolist()
        rows += [[number], x, y, [0] * 68]
    file = tmp_path / "perfect.txt"
    file.write_text("\n".join(" ".join(map(repr, row)) for row in rows))
    assert score(file, tmp_path, tmp_path / "out", benchmark="cofw68") == 0
    results = polars.read_csv(tmp_path / "out" / "results.csv")
    assert results["nme"].max() < 1e-5
    assert set(results["faces"]) == {len(truth)}


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("wflw", "wflw"),  # several faces share a picture
        ("merl_rav", "merl_rav"),  # points are missing
        ("cofw", "converted"),  # pictures lie in a .mat file
    ],
)
def test_what_data_convert_writes_can_be_scored(name, pictures, tmp_path):
    """A benchmark's own points have no error, and the converted files are a benchmark as good."""
    root, converted = tmp_path / name, tmp_path / "converted"
    TREES[name].write(root)
    facts = TREES[name].data(root).facts
    split = facts.test_splits[0]
    place = ["--benchmark", name, "--root", str(root)]
    assert main(["data", "convert", *place, "--splits", split, "--output", str(converted)]) == 0
    (file,) = converted.rglob("*.json")
    content = json.loads(file.read_text())
    listed = tmp_path / "results.json"
    entries = [
        {key: entry[key] for key in ("id", "image_id", "keypoints")}
        for entry in reversed(content["annotations"])
    ]
    listed.write_text(json.dumps(entries))
    (description,) = converted.glob("*.yaml")
    for predictions, benchmark, folder in [
        (file, name, root),
        (listed, name, root),
        (listed, str(description), tmp_path / pictures),
    ]:
        output = tmp_path / "out"
        options = ["--split", split]
        assert score(predictions, folder, output, *options, benchmark=benchmark) == 0
        results = polars.read_csv(output / "results.csv")
        assert {protocol.name for protocol in facts.protocols} <= set(results["protocol"])
        assert set(results.filter(subset="all")["faces"]) == {len(entries)}
        assert (results["nme"] == 0).all()
        assert (results["auc"] == 100).all()


def test_ids_are_those_of_ones_own_coco_file(tmp_path, capsys):
    """Its images stand in another order than its faces, under numbers of their own."""
    split = ("test.json", Coco(occlusion=True), "{coco: test.json, pictures: images}")
    own = write_own(tmp_path, {"test": split}, {"test": faces(3, missing=False)})
    file = tmp_path / "test.json"
    content = json.loads(file.read_text())
    for image in content["images"]:
        image["id"] = 4 - image["id"]
    for annotation in content["annotations"]:
        annotation["image_id"] = 4 - annotation["image_id"]
    file.write_text(json.dumps(content))
    listed = tmp_path / "results.json"
    entries = [{key: entry[key] for key in ("image_id", "keypoints")}
               for entry in content["annotations"]]  # fmt: skip
    listed.write_text(json.dumps(entries))
    assert score(listed, tmp_path, tmp_path / "out", benchmark=str(own)) == 0
    assert (polars.read_csv(tmp_path / "out" / "results.csv")["nme"] == 0).all()
    entries[0]["image_id"] = 7
    listed.write_text(json.dumps(entries))
    assert score(listed, tmp_path, tmp_path / "out", benchmark=str(own)) == 2
    assert "image_id 7, which no image has; correct the file, or pass" in capsys.readouterr().err


@pytest.mark.skipif(not COFW68.is_dir(), reason="the COFW-68 files are not here")
@pytest.mark.parametrize(
    ("method", "nme", "failures", "below"),
    [
        ("CFSS_CFOW68", 6.28, 9.07, ""),
        ("HPM_HelenLfpw_COFW68test", 6.72, 6.71, "COFW68_Data"),
        ("RCPR-occ_300w", 8.76, 20.12, ""),
        ("SAPM_COFW68", 6.64, 5.72, ""),
        ("TCDCN_CFOW68", 7.66, 16.17, ""),
    ],
)
def test_published_predictions_give_their_published_numbers(tmp_path, method, nme, failures, below):
    file = COFW68 / "Results" / f"{method}.txt"
    assert score(file, COFW68 / below, tmp_path, benchmark="cofw68") == 0
    row = polars.read_csv(tmp_path / "results.csv").filter(protocol="cofw68/inter_ocular")
    assert row["method"].item() == method
    assert row["faces"].item() == 507
    assert round(row["nme"].item(), 2) == nme
    assert round(row["fr"].item(), 2) == failures


def test_help_and_a_mistyped_option_need_no_torch():
    code = (
        "import sys; from landmarks.cli import main\n"
        "try: main(['score', '--help'])\n"
        "except SystemExit: pass\n"
        "assert 'torch' not in sys.modules and 'lightning' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
