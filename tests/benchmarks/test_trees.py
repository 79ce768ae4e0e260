"""What holds for every benchmark, tried on its tiny tree; a new entry of `TREES` is covered."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars
import pytest
import yaml

from landmarks.batch import Record
from landmarks.benchmarks.base import Benchmark
from landmarks.cli import main
from landmarks.data.photo_file import PhotoFile
from landmarks.errors import DataError
from landmarks.markups import Markup
from tests.benchmarks.official.trees import TREES
from tests.benchmarks.official.truth import Truth


class Written(NamedTuple):
    """A tree that lies on the disk."""

    name: str
    root: Path
    truth: Truth
    benchmark: Benchmark


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Callable[[str], Written]:
    """Writes a benchmark's tree when it is first asked for."""
    trees: dict[str, Written] = {}

    def get(name: str) -> Written:
        if name not in trees:
            root = tmp_path_factory.mktemp(name)
            truth = TREES[name].write(root)
            trees[name] = Written(name, root, truth, TREES[name].data(root).benchmark)
        return trees[name]

    return get


@pytest.fixture(scope="module", params=TREES)
def tree(request, written) -> Written:
    return written(request.param)


# --- what is read is what was written ---


def test_every_split_is_read_as_it_was_written(tree):
    assert tree.truth, "the tree says nothing of its faces"
    for split, faces in tree.truth.items():
        tree.benchmark.prepare([split])
        records = tree.benchmark.records(split)
        assert len(records) == len(faces), split
        for record, face in zip(records, faces, strict=True):
            place = f"{split}, {record.photo.name}"
            assert record.points_photo.shape == (tree.benchmark.facts.markup.count, 2), place
            assert record.points_photo.dtype == np.float64, place
            # NaN where the truth is NaN, and nowhere else
            np.testing.assert_allclose(record.points_photo, face.points, 0, 1e-3, err_msg=place)
            assert (record.box is None) == (face.box is None), place
            if face.box is not None:
                np.testing.assert_allclose(record.box, face.box, 0, 1e-3, err_msg=place)
            assert (record.occluded is None) == (face.occluded is None), place
            if face.occluded is not None:
                np.testing.assert_array_equal(record.occluded, face.occluded, place)
            assert record.subsets == face.subsets, place
        assert f"{len(faces):,} " in tree.benchmark.found(split)


def test_every_picture_is_read_in_the_size_it_was_written(tree):
    for split, faces in tree.truth.items():
        for record, face in zip(tree.benchmark.records(split), faces, strict=True):
            picture = record.photo.read()
            assert picture.dtype == np.uint8
            if isinstance(record.photo, PhotoFile):
                assert picture.shape == (*record.photo.check(), 3)
            if face.size is not None:
                assert picture.shape == (*face.size, 3)


def test_a_name_means_one_picture_and_the_order_is_always_the_same(tree):
    for split in tree.truth:
        first, second = (
            [(r.photo.name, r.points_photo.tobytes()) for r in reader.records(split)]
            for reader in (tree.benchmark, TREES[tree.name].data(tree.root).benchmark)
        )
        assert first == second
        paths: dict[str, set[Path]] = {}
        for record in tree.benchmark.records(split):
            if isinstance(record.photo, PhotoFile):
                paths.setdefault(record.photo.name, set()).add(record.photo.path)
        assert all(len(places) == 1 for places in paths.values())


def test_every_protocol_measures_every_face(tree):
    for split in tree.truth:
        records = tree.benchmark.records(split)
        normalisers = tree.benchmark.normalisers(records)
        assert normalisers.shape == (len(records), len(tree.benchmark.facts.protocols))
        assert np.isfinite(normalisers).all()
        assert (normalisers > 0).all()


def test_the_tree_can_be_trained_and_tested_on(tree):
    facts = tree.benchmark.facts
    assert set(facts.test_splits) <= set(tree.truth)
    assert all(len(tree.truth[split]) >= 2 for split in facts.test_splits)
    if facts.training_split:
        assert len(tree.truth["train"]) >= 6


# --- training ---


def test_two_batches_of_a_training(tree, written, tmp_path):
    facts = tree.benchmark.facts
    settings = experiment(tree, tmp_path)
    if facts.training_split is None:
        other = written(trainable(facts.markup))
        settings["data"]["init_args"]["training"] = {
            "class_path": f"{type(other.benchmark).__module__}.{type(other.benchmark).__name__}",
            "init_args": {"root": str(other.root)},
        }
    config = tmp_path / "experiment.yaml"
    config.write_text(yaml.safe_dump(settings))
    limits = ["--trainer.limit_train_batches", "2", "--trainer.limit_val_batches", "1"]
    assert main(["fit", "--config", str(config), *limits, "--trainer.max_epochs", "1"]) == 0
    metrics = polars.read_csv(tmp_path / "metrics.csv")
    assert metrics["step"].max() == 1, "two batches"
    assert np.isfinite(metrics["val/nme"].drop_nulls().to_numpy()).all()
    if facts.training_split is None:
        checkpoint = str(tmp_path / "checkpoints" / "last.ckpt")
        assert main(["test", "--config", str(config), "--ckpt_path", checkpoint]) == 0
        faces = polars.read_parquet(tmp_path / "faces.parquet")
        assert faces.height == sum(len(tree.truth[split]) for split in facts.test_splits)
        assert {protocol.name for protocol in facts.protocols} <= set(faces.columns)


def trainable(markup: Markup) -> str:
    """A benchmark with training faces of this markup."""
    for name, entry in TREES.items():
        facts = entry.data(None).facts
        if facts.training_split and facts.markup == markup:
            return name
    raise AssertionError(f"no tree has training faces with {markup.name} points")


def experiment(tree: Written, output: Path) -> dict:
    """The settings of the smallest training."""
    kind = TREES[tree.name].data
    return {
        "seed_everything": 1,
        "output": str(output),
        "model": {
            "crop_size": 64,
            "codec": {
                "class_path": "landmarks.codecs.ContinuousHeatmap",
                "init_args": {"heatmap_size": 16},
            },
            "network": {
                "class_path": "landmarks.backbones.PyramidNetwork",
                "init_args": {
                    "width": 4,
                    "backbone": {
                        "class_path": "landmarks.backbones.MobileNetV2",
                        "init_args": {"width": 0.35},
                    },
                },
            },
            "objective": {"class_path": "landmarks.objectives.Supervised"},
            "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.001}},
            "scheduler": {"class_path": "landmarks.schedules.OneCycle"},
        },
        "data": {
            "class_path": f"{kind.__module__}.{kind.__name__}",
            "init_args": {
                "root": str(tree.root),
                "batch_size": 2,
                "validation": 0.34,
                "workers": 0,
            },
        },
        "trainer": {
            "accelerator": "cpu",
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "log_every_n_steps": 1,
        },
    }


# --- left and right ---


def test_faces_agree_with_the_mean_face_and_with_its_mirror(tree):
    """A wrong order of points, or a wrong mirror table, puts points on the wrong side."""
    markup = tree.benchmark.facts.markup
    shapes = [
        aligned(record, markup) for split in tree.truth for record in tree.benchmark.records(split)
    ]
    mean = np.nanmean([shape for shape in shapes if shape is not None], axis=0)
    twins = list(markup.mirror)
    expected = markup.mean_shape
    apart = np.linalg.norm(expected - expected[twins], axis=1)
    own = np.linalg.norm(mean - expected, axis=1)
    twin = np.linalg.norm(mean - expected[twins], axis=1)
    sided = apart > 0.3  # eye distances
    assert (own[sided] < twin[sided]).all(), np.flatnonzero(sided & (own >= twin))
    mirrored = (mean * [-1, 1])[twins]
    np.testing.assert_allclose(mirrored, mean, atol=0.6)
    np.testing.assert_allclose(mirrored.mean(axis=0), mean.mean(axis=0), atol=0.15)


def aligned(record: Record, markup: Markup) -> np.ndarray | None:
    """A face turned, scaled and moved onto the mean shape; None with fewer than half its points."""
    there = np.isfinite(record.points_photo).all(axis=1)
    if there.mean() < 0.5:
        return None
    shape, target = record.points_photo[there], markup.mean_shape[there]
    middle, goal = shape.mean(axis=0), target.mean(axis=0)
    a = (shape - middle) @ [1, 1j]
    b = (target - goal) @ [1, 1j]
    turned = ((record.points_photo - middle) @ [1, 1j]) * (np.vdot(a, b) / np.vdot(a, a).real)
    result: np.ndarray = np.stack([turned.real, turned.imag], axis=1) + goal
    return result


# --- the facts ---


def test_the_facts_are_whole(tree):
    facts = tree.benchmark.facts
    assert facts.name == tree.name
    for text in (facts.title, facts.licence, facts.citation, facts.source, facts.layout):
        assert text.strip()
    assert facts.splits
    assert facts.test_splits or facts.training_split
    assert set(facts.test_splits) <= set(facts.splits)
    assert "train" not in facts.test_splits
    for part in (*facts.splits.values(), *facts.subsets.values()):
        assert part.description.strip()
        assert part.published is None or part.published > 0
    names = [protocol.name for protocol in facts.protocols]
    assert names
    assert len(set(names)) == len(names)
    for protocol in facts.protocols:
        assert protocol.name.startswith(f"{facts.name}/")
        assert 0 < protocol.failure_threshold < 1
        assert 0 < protocol.auc_threshold < 1


def test_results_name_what_there_is(tree):
    facts = tree.benchmark.facts
    protocols = {protocol.name for protocol in facts.protocols}
    for result in facts.results:
        assert result.protocol in protocols, result
        assert result.split in {*facts.splits, *facts.subsets}, result
        assert result.method.strip(), result
        assert result.source.strip(), result
        assert 0.1 < result.nme < 100, result
        assert result.fr is None or 0 <= result.fr <= 100, result
        assert result.auc is None or 1 < result.auc <= 100, f"{result}: in per cent"
    keys = [(r.method, r.split, r.protocol, r.source) for r in facts.results]
    assert len(set(keys)) == len(keys)


def test_subsets_are_listed(tree):
    listed = set(tree.benchmark.facts.subsets)
    for split in tree.truth:
        for record in tree.benchmark.records(split):
            assert record.subsets <= listed


# --- nothing there ---


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("there", ["no root", "missing", "empty"])
def test_without_files_it_says_where_to_get_them(name, there, tmp_path):
    kind = TREES[name].data
    root = {"no root": None, "missing": tmp_path / "gone", "empty": tmp_path}[there]
    benchmark = kind(root).benchmark
    facts = benchmark.facts
    split = facts.training_split or facts.test_splits[0]
    for use in (lambda: benchmark.records(split), lambda: benchmark.prepare([split])):
        with pytest.raises(DataError) as caught:
            use()
        message = str(caught.value)
        assert facts.source in message
        assert facts.layout in message
        if root is not None:
            assert str(root) in message
    assert benchmark.found(split).startswith("0 of ")


@pytest.mark.parametrize("name", TREES)
def test_an_unknown_split_lists_those_there_are(name, tmp_path):
    benchmark = TREES[name].data(tmp_path).benchmark
    for use in (benchmark.records, benchmark.found, lambda split: benchmark.prepare([split])):
        with pytest.raises(ValueError, match="no-such-split") as caught:
            use("no-such-split")
        for split in benchmark.facts.splits:
            assert split in str(caught.value)
