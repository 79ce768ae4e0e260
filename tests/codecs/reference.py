"""The codecs once more: float64, plain loops, one face and one point at a time."""

import math

import numpy as np


def cell_of(crop, stride):
    """A crop coordinate in cells of a centred grid."""
    return (crop - (stride - 1) / 2) / stride


def crop_of(cell, stride):
    return cell * stride + (stride - 1) / 2


def nearest(value, middle):
    """The nearest whole number; a half goes towards the middle."""
    low = math.floor(value)
    if value - low == 0.5:
        return low + 1 if value < middle else low
    return low if value - low < 0.5 else low + 1


def held(value, count):
    return min(max(value, 0), count - 1)


def gaussian(x, y, height, width, sigma):
    field = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            square = (column - x) ** 2 + (row - y) ** 2
            field[row, column] = math.exp(-square / (2 * sigma**2))
    return field


def continuous_map(point, height, width, stride, sigma):
    x, y = (cell_of(value, stride) for value in point)
    return gaussian(x, y, height, width, sigma)


def integer_cell(point, height, width, stride):
    return tuple(
        held(nearest(cell_of(value, stride), (count - 1) / 2), count)
        for value, count in zip(point, (width, height), strict=True)
    )


def integer_map(point, height, width, stride, sigma):
    return gaussian(*integer_cell(point, height, width, stride), height, width, sigma)


def decimal_bin(point, height, width, stride, bins):
    """HIH's bin ``(x, y)`` within the point's cell, bins centred."""
    places = []
    for value, cell, count in zip(
        point, integer_cell(point, height, width, stride), (width, height), strict=True
    ):
        place = (cell_of(value, stride) - cell) * bins + (bins - 1) / 2
        middle = (count - 1) / 2
        towards = (bins - 1) / 2 + (0.25 if cell < middle else -0.25)
        places.append(held(nearest(place, towards), bins))
    return tuple(places)


def decimal_map(point, height, width, stride, sigma, bins):
    """HIH's map of the places within a cell."""
    return gaussian(*decimal_bin(point, height, width, stride, bins), bins, bins, sigma)


def argmax(field):
    """The highest cell ``(x, y)``, the first of several."""
    best = (0, 0)
    for row in range(field.shape[0]):
        for column in range(field.shape[1]):
            if field[row, column] > field[best[1], best[0]]:
                best = (column, row)
    return best


def quarter_offset(field):
    """HRNet's decoding (lib/core/evaluation.py), counted from 0."""
    height, width = field.shape
    x, y = argmax(field)
    if 0 < x < width - 1 and 0 < y < height - 1:
        return (
            x + 0.25 * np.sign(field[y, x + 1] - field[y, x - 1]),
            y + 0.25 * np.sign(field[y + 1, x] - field[y - 1, x]),
        )
    return x, y


def blurred(field, kernel):
    """The whole map, blurred in two dimensions with zeros beyond the border."""
    height, width = field.shape
    reach = len(kernel) // 2
    result = np.zeros_like(field)
    for row in range(height):
        for column in range(width):
            for i in range(-reach, reach + 1):
                for j in range(-reach, reach + 1):
                    if 0 <= row + i < height and 0 <= column + j < width:
                        weight = kernel[reach + i] * kernel[reach + j]
                        result[row, column] += weight * field[row + i, column + j]
    return result


def dark(field, kernel):
    """DarkPose's decoding (lib/core/inference.py), with this project's two choices.

    The blurred map is scaled by its maximum near the peak, and the point is kept on the map.
    """
    height, width = field.shape
    x, y = argmax(field)
    if not (1 < x < width - 2 and 1 < y < height - 2):
        return float(x), float(y)
    smooth = blurred(field, kernel)
    highest = smooth[y - 2 : y + 3, x - 2 : x + 3].max()
    log = np.log(np.maximum(smooth * field.max() / max(highest, 1e-300), 1e-10))
    dx = (log[y, x + 1] - log[y, x - 1]) / 2
    dy = (log[y + 1, x] - log[y - 1, x]) / 2
    dxx = (log[y, x + 2] - 2 * log[y, x] + log[y, x - 2]) / 4
    dyy = (log[y + 2, x] - 2 * log[y, x] + log[y - 2, x]) / 4
    dxy = (log[y + 1, x + 1] - log[y - 1, x + 1] - log[y + 1, x - 1] + log[y - 1, x - 1]) / 4
    hessian = np.array([[dxx, dxy], [dxy, dyy]])
    if dxx * dyy - dxy**2 == 0:
        return float(x), float(y)
    step = -np.linalg.inv(hessian) @ np.array([dx, dy])
    return (
        float(np.clip(x + step[0], -0.5, width - 0.5)),
        float(np.clip(y + step[1], -0.5, height - 0.5)),
    )


def local_soft_argmax(field, window, temperature):
    height, width = field.shape
    x, y = argmax(field)
    reach = window // 2
    total = sum_x = sum_y = 0.0
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            there = 0 <= y + i < height and 0 <= x + j < width
            share = math.exp(temperature * field[y + i, x + j]) if there else 1.0
            total += share
            sum_x += share * j
            sum_y += share * i
    return (
        float(np.clip(x + sum_x / total, -0.5, width - 0.5)),
        float(np.clip(y + sum_y / total, -0.5, height - 0.5)),
    )


def hih(integer, decimal):
    """The highest cell and its highest bin's centre, in cells."""
    bins = decimal.shape[0]
    cell, place = argmax(integer), argmax(decimal)
    return tuple(cell[axis] + (place[axis] - (bins - 1) / 2) / bins for axis in range(2))
