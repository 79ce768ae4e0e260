"""Peaks, their plain loops, and the maps that every peak's test reads."""

import cv2
import numpy as np
import torch

from landmarks.codecs import Argmax, Dark, LocalSoftArgmax, QuarterOffset
from tests.codecs import reference

PEAKS = {
    "argmax": (Argmax(), reference.argmax),
    "quarter_offset": (QuarterOffset(), reference.quarter_offset),
    "dark_3": (Dark(3), lambda field: reference.dark(field, opencv_kernel(3))),
    "dark_7": (Dark(7), lambda field: reference.dark(field, opencv_kernel(7))),
    "dark_11": (Dark(11), lambda field: reference.dark(field, opencv_kernel(11))),
    "soft_3": (LocalSoftArgmax(3, 5.0), lambda field: reference.local_soft_argmax(field, 3, 5.0)),
    "soft_5": (LocalSoftArgmax(), lambda field: reference.local_soft_argmax(field, 5, 10.0)),
    "soft_9": (LocalSoftArgmax(9, 2.0), lambda field: reference.local_soft_argmax(field, 9, 2.0)),
}


def opencv_kernel(size):
    return cv2.getGaussianKernel(size, 0, cv2.CV_64F)[:, 0]


def read(peak, fields):
    """(N, h, w) float64 NumPy maps, read as N faces of one point each."""
    maps = torch.from_numpy(np.asarray(fields))[:, None]
    return peak(maps).cells[:, 0].numpy()


def gaussians(centres, size, sigma):
    return np.stack([reference.gaussian(x, y, size, size, sigma) for x, y in centres])


def mean_error_over_phases(peak, sigma, count=40):
    """The mean Euclidean error over all phases within a cell, in cells, by the midpoint rule."""
    offsets = (np.arange(count) + 0.5) / count - 0.5
    centres = np.stack(np.meshgrid(8 + offsets, 8 + offsets), axis=-1).reshape(-1, 2)
    columns = np.arange(17)
    across = np.exp(-((columns - centres[:, :1]) ** 2) / (2 * sigma**2))
    down = np.exp(-((columns - centres[:, 1:]) ** 2) / (2 * sigma**2))
    found = read(peak, down[:, :, None] * across[:, None, :])
    return np.linalg.norm(found - centres, axis=1).mean()
