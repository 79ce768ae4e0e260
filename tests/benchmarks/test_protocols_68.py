from pathlib import Path

import numpy as np

from landmarks.batch import Record
from landmarks.benchmarks import protocols_68
from landmarks.data.photo_file import PhotoFile
from landmarks.markups import MARKUP_68


def test_distances_and_thresholds():
    points = MARKUP_68.mean_shape * 30 + 50
    record = Record(PhotoFile(Path("face.png"), "face.png"), points)
    width, height = np.ptp(points, axis=0)
    left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    expected = {
        "box": (np.sqrt(width * height), 0.07),
        "diag": (np.hypot(width, height), 0.10),
        "inter_ocular": (np.hypot(*(points[36] - points[45])), 0.10),
        "inter_pupil": (np.hypot(*(left - right)), 0.10),
    }
    protocols = [
        protocols_68.box("bench"),
        protocols_68.diag("bench"),
        protocols_68.inter_ocular("bench"),
        protocols_68.inter_pupil("bench"),
    ]
    assert [protocol.name for protocol in protocols] == [f"bench/{name}" for name in expected]
    for protocol, (distance, threshold) in zip(protocols, expected.values(), strict=True):
        np.testing.assert_allclose(protocol.normaliser(record), distance, rtol=1e-12)
        assert protocol.failure_threshold == protocol.auc_threshold == threshold
