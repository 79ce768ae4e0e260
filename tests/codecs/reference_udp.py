"""UDP's codecs once more: float64, plain loops, one point at a time, on the corner grid."""

import math

import numpy as np

from tests.codecs.reference import argmax, held, nearest


def cells_of(point, height, width, crop_height, crop_width):
    return (
        point[0] * (width - 1) / (crop_width - 1),
        point[1] * (height - 1) / (crop_height - 1),
    )


def crop_of(cells, height, width, crop_height, crop_width):
    """Crop pixels, kept on the crop."""
    return (
        min(max(cells[0] * (crop_width - 1) / (width - 1), -0.5), crop_width - 0.5),
        min(max(cells[1] * (crop_height - 1) / (height - 1), -0.5), crop_height - 0.5),
    )


def windowed_gaussian(x, y, height, width, sigma):
    """A Gaussian at (x, y), zero but for a square round the nearest cell."""
    reach = math.floor(3 * sigma)
    column_of = held(nearest(x, (width - 1) / 2), width)
    row_of = held(nearest(y, (height - 1) / 2), height)
    field = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            if abs(column - column_of) <= reach and abs(row - row_of) <= reach:
                square = (column - x) ** 2 + (row - y) ** 2
                field[row, column] = math.exp(-square / (2 * sigma**2))
    return field


def disc_and_offsets(x, y, height, width, radius):
    disc, along, down = (np.zeros((height, width)) for _ in range(3))
    for row in range(height):
        for column in range(width):
            # A cell on the circle itself belongs to the disc, whatever rounding says.
            if math.hypot(column - x, row - y) <= radius + 1e-4:
                disc[row, column] = 1
                along[row, column] = (x - column) / radius
                down[row, column] = (y - row) / radius
    return disc, along, down


def mirrored_place(place, count):
    """The place inside that a place beyond the border shows: … 2 1 [0 1 2 … n-1] n-2 …"""
    while not 0 <= place < count:
        place = -place if place < 0 else 2 * (count - 1) - place
    return place


def blurred_at(field, x, y, kernel):
    """One value of the blurred map, mirrored beyond the border as OpenCV does by default."""
    height, width = field.shape
    reach = len(kernel) // 2
    total = 0.0
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            row, column = mirrored_place(y + i, height), mirrored_place(x + j, width)
            total += kernel[i + reach] * kernel[j + reach] * field[row, column]
    return total


def udp_dark(field, kernel, both_diagonals):
    """The Newton step from the highest cell, in cells; not yet kept on the crop."""
    height, width = field.shape
    x, y = argmax(field)

    def log(dx, dy):
        value = blurred_at(field, held(x + dx, width), held(y + dy, height), kernel)
        return math.log(min(max(value, 0.001), 50))

    middle = log(0, 0)
    gradient = np.array([(log(1, 0) - log(-1, 0)) / 2, (log(0, 1) - log(0, -1)) / 2])
    dxx = log(1, 0) - 2 * middle + log(-1, 0)
    dyy = log(0, 1) - 2 * middle + log(0, -1)
    dxy = 0.5 * (
        log(1, 1) - log(1, 0) - log(0, 1) + 2 * middle - log(-1, 0) - log(0, -1) + log(-1, -1)
    )
    if both_diagonals:
        dxy = 0.25 * (log(1, 1) - log(1, -1) - log(-1, 1) + log(-1, -1))
    hessian = np.array([[dxx, dxy], [dxy, dyy]]) + np.finfo(np.float32).eps * np.eye(2)
    step = np.linalg.inv(hessian) @ gradient
    return x - step[0], y - step[1]


def combined(disc, along, down, radius, disc_kernel, offset_kernel):
    """The highest cell of the blurred disc and the blurred offset there, in cells."""
    height, width = disc.shape
    smooth = np.array(
        [
            [blurred_at(disc, column, row, disc_kernel) for column in range(width)]
            for row in range(height)
        ]
    )
    x, y = argmax(smooth)
    return (
        x + radius * blurred_at(along, x, y, offset_kernel),
        y + radius * blurred_at(down, x, y, offset_kernel),
    )
