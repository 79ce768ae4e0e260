"""Randomised rounding once more: float64, plain loops, one point at a time."""

import math


def shares(x, y, height, width):
    """Each of the four cells about a point and its share; the point lies between cell centres."""
    left, top = math.floor(x), math.floor(y)
    found = {}
    for row in (top, top + 1):
        for column in (left, left + 1):
            share = (1 - abs(x - column)) * (1 - abs(y - row))
            if share > 0:
                assert 0 <= row < height
                assert 0 <= column < width
                found[column, row] = share
    return found


def drawn(x, y, x_draw, y_draw):
    """The cell that two draws from 0 to 1 choose."""
    left, top = math.floor(x), math.floor(y)
    return (left + (x_draw < x - left), top + (y_draw < y - top))


def mixed(bits):
    bits = ((bits ^ (bits >> 16)) * 0x7FEB352D) % 2**32
    bits = ((bits ^ (bits >> 15)) * 0x846CA68B) % 2**32
    return bits ^ (bits >> 16)


def hashed(x_bits, y_bits):
    """Two draws from the bits of a point's coordinates."""
    both = mixed(x_bits ^ mixed((y_bits + 0x9E3779B9) % 2**32))
    return tuple(
        (mixed(each ^ 0x5BD1E995) + 0.5) / 2**32 for each in (both, (both + 0x9E3779B9) % 2**32)
    )


def top_k_mean(field, k):
    """The mean of the k highest cells under the softmax of their values, in cells."""
    height, width = field.shape
    cells = sorted(
        ((field[row, column], column, row) for row in range(height) for column in range(width)),
        reverse=True,
    )[:k]
    weights = [math.exp(value - cells[0][0]) for value, _, _ in cells]
    total = sum(weights)
    return (
        sum(weight * column for weight, (_, column, _) in zip(weights, cells, strict=True)) / total,
        sum(weight * row for weight, (_, _, row) in zip(weights, cells, strict=True)) / total,
    )
