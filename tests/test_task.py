import numpy as np
import pytest
import torch

from landmarks.backbones.base import Network
from landmarks.codecs import ContinuousHeatmap
from landmarks.data.crops import LandmarkBox
from landmarks.datamodules import W300Data
from landmarks.objectives import Supervised
from landmarks.schedules import OneCycle
from landmarks.task import LandmarkTask
from tests.benchmarks.official.w300 import write_300w

CROP = 64
RNG = np.random.default_rng(0)


class Clairvoyant(Network):
    """Emits the encoding of the true points of the crops that it was shown before."""

    def __init__(self, fields, crop_size):
        super().__init__()
        self.seen = []
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, image):
        fields = [next(f for known, f in self.seen if torch.equal(known, one)) for one in image]
        return [{"heatmap": torch.stack(fields)}]


@pytest.fixture
def run(tmp_path):
    """A task whose network is off by (3, 4) crop pixels, its data and its trainer."""
    write_300w(tmp_path, faces_per_folder=4, folders=("afw", "helen/trainset", "lfpw/testset"))
    data = W300Data(
        tmp_path,
        crop_size=CROP,
        batch_size=2,
        validation=0.4,
        test_splits=["lfpw/testset"],
        workers=0,
    )
    task = LandmarkTask(
        benchmark=data.benchmark,
        crop_size=CROP,
        codec=lambda markup, size: ContinuousHeatmap(markup, size, CROP),
        network=Clairvoyant,
        objective=Supervised(),
        optimizer=torch.optim.SGD,
        scheduler=OneCycle,
    )
    data.setup("fit")
    data.setup("test")
    for loader in (data.val_dataloader(), *data.test_dataloader()):
        for batch in loader:
            maps = task.codec.encode(batch.points + torch.tensor([3.0, 4.0]))["heatmap"]
            task.network.seen += list(zip(batch.image, maps, strict=True))
    from lightning import Trainer  # after landmarks, which lets torchvision be imported

    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        default_root_dir=tmp_path,
    )
    return task, data, trainer


def expected_nme(record):
    """Every point is off by 5 crop pixels; in the photo by as many as the crop is coarser."""
    left, right = record.points_photo[36], record.points_photo[45]
    return 5 * LandmarkBox()(record, RNG).side / CROP / np.hypot(*(right - left))


def test_errors_are_those_of_the_photo(run):
    task, data, trainer = run
    trainer.test(task, data, verbose=False)
    results = task.test_results["lfpw/testset"]
    records = data.benchmark.records("lfpw/testset")
    assert results.photo == tuple(record.photo.name for record in records)
    for face, record in enumerate(records):
        scale = LandmarkBox()(record, RNG).side / CROP
        wanted = record.points_photo + np.array([3.0, 4.0]) * scale
        inside = (wanted < record.points_photo.max(axis=0)).all(axis=1)
        assert inside.sum() > 20
        np.testing.assert_allclose(
            results.points_photo[face][inside], wanted[inside], atol=0.06 * scale
        )
        assert results.nme["300w/inter_ocular"][face] == pytest.approx(
            expected_nme(record), rel=0.03
        )


def test_the_validation_score_is_the_mean_over_the_held_out_faces_in_per_cent(run):
    task, data, trainer = run
    trainer.validate(task, data, verbose=False)
    (held_out,) = data.evaluation("validate")
    wanted = 100 * np.mean([expected_nme(record) for record in held_out.records])
    assert float(trainer.callback_metrics["val/nme"]) == pytest.approx(wanted, rel=0.03)


def test_covariances_are_those_of_the_crop_moved_to_the_photo(run):
    task, data, trainer = run
    trainer.test(task, data, verbose=False)
    results = task.test_results["lfpw/testset"]
    (loader,) = data.test_dataloader()
    for batch in loader:
        found = task(batch.image)
        for face, covariance in zip(batch.face.tolist(), found.covariance, strict=True):
            record = results.photo.index(data.benchmark.records("lfpw/testset")[face].photo.name)
            scale = LandmarkBox()(data.benchmark.records("lfpw/testset")[face], RNG).side / CROP
            np.testing.assert_allclose(
                results.covariances_photo[record], scale**2 * covariance.double().numpy(), rtol=1e-5
            )


def test_the_truth_and_the_normalisers_stand_beside_the_points(run):
    task, data, trainer = run
    trainer.validate(task, data, verbose=False)
    results = task.validation_results
    (held_out,) = data.evaluation("validate")
    assert results.split == "validation"
    np.testing.assert_array_equal(results.true_points_photo, held_out.points_photo.numpy())
    for place, protocol in enumerate(data.facts.protocols):
        errors = np.linalg.norm(results.points_photo - results.true_points_photo, axis=-1)
        distance = results.normalisers[protocol.name]
        np.testing.assert_array_equal(distance, held_out.normalisers[:, place].numpy())
        np.testing.assert_allclose(results.nme[protocol.name], errors.mean(axis=1) / distance)


def test_the_temperature_is_the_squared_error_in_predicted_spreads(run):
    """Every point is off by (3, 4) crop pixels, and the truth was encoded without a blur."""
    task, data, trainer = run
    trainer.validate(task, data, verbose=False)
    results = task.validation_results
    there = ~np.isnan(results.true_points_photo).any(axis=-1)
    errors = (results.points_photo - results.true_points_photo)[there]
    squared = [
        error @ np.linalg.solve(covariance, error)
        for error, covariance in zip(errors, results.covariances_photo[there], strict=True)
    ]
    assert results.fitted_temperature() == pytest.approx(np.mean(squared) / 2, rel=1e-9)


def test_a_test_logs_the_calibration_in_per_cent(run):
    task, data, trainer = run
    (scores,) = trainer.test(task, data, verbose=False)
    found = task.test_results["lfpw/testset"].calibration("300w/inter_ocular")
    place = "lfpw/testset/300w/inter_ocular"
    assert scores[f"{place}/nll"] == pytest.approx(found.nll, rel=1e-5)
    logged = [scores[f"{place}/coverage_{p}"] for p in (50, 90, 95)]
    assert logged == pytest.approx([100 * share for share in found.coverage])
