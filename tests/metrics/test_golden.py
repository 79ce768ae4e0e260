"""Published result files give their published numbers.

The COFW-68 benchmark (Ghiasi and Fowlkes 2015, https://github.com/golnazghiasi/cofw68-benchmark)
distributes 507 annotated faces and the predictions of five methods for them.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import loadmat

from landmarks.batch import Photo, PhotoPart, Record, Region
from landmarks.geometry import Size
from landmarks.markups import MARKUP_68
from landmarks.metrics.face_errors import AreaUnderCED, FailureRate, NormalisedMeanError
from landmarks.metrics.functional import area_under_ced_simpson, normalised_mean_error
from landmarks.metrics.normalisers import InterOcular

SHARED = Path(os.environ.get("LANDMARKS_SHARED", Path(__file__).parents[3] / "shared"))
COFW68 = SHARED / "data" / "samples" / "cofw68"

pytestmark = pytest.mark.skipif(not COFW68.is_dir(), reason="the COFW-68 files are not here")


class NoPhoto(Photo):
    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def name(self) -> str:
        return f"{self.number}"

    @property
    def file(self) -> None:
        raise AssertionError("no picture is needed")

    def size(self) -> Size:
        raise AssertionError("no picture is needed")

    def read(self) -> np.ndarray:
        raise AssertionError("no picture is needed")

    def read_part(self, wanted: Region) -> PhotoPart:
        raise AssertionError("no picture is needed")


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    files = COFW68 / "COFW68_Data" / "test_annotations"
    return np.stack([loadmat(files / f"{i}_points.mat")["Points"] for i in range(1, 508)]).astype(
        np.float64
    )


def read_results(file: Path) -> np.ndarray:
    """Predictions in the order of the faces: four lines each, its number, 68 x, 68 y, 68 flags."""
    lines = [line.split() for line in file.read_text().splitlines() if line.strip()]
    points = np.full((507, 68, 2), np.nan)
    for number, x, y, _ in zip(*(lines[i::4] for i in range(4)), strict=True):
        points[int(number[0]) - 1] = np.array([x, y], dtype=np.float64).T
    assert np.isfinite(points).all()
    return points


@pytest.mark.parametrize(
    ("method", "nme_percent", "failures_percent"),
    [
        ("CFSS_CFOW68", 6.28, 9.07),
        ("HPM_HelenLfpw_COFW68test", 6.72, 6.71),
        ("RCPR-occ_300w", 8.76, 20.12),
        ("SAPM_COFW68", 6.64, 5.72),
        ("TCDCN_CFOW68", 7.66, 16.17),
    ],
)
def test_published_predictions(truth, method, nme_percent, failures_percent):
    predicted = read_results(COFW68 / "Results" / f"{method}.txt")
    normaliser = InterOcular(*MARKUP_68.eye_corners)
    distances = [normaliser(Record(NoPhoto(i), points)) for i, points in enumerate(truth)]
    nme = normalised_mean_error(
        torch.from_numpy(predicted), torch.from_numpy(truth), torch.tensor(distances)
    )
    metrics = NormalisedMeanError(), FailureRate(0.10), AreaUnderCED(0.10)
    for metric in metrics:
        for faces in torch.randperm(507, generator=torch.Generator().manual_seed(0)).split(64):
            metric.update(nme[faces], faces)
    mean, failures, area = (float(metric.compute()) for metric in metrics)
    assert round(100 * mean, 2) == nme_percent
    assert round(100 * failures, 2) == failures_percent
    assert area == pytest.approx(float(area_under_ced_simpson(nme, 0.10)), abs=1e-3)
