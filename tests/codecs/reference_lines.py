"""Codecs of lines, means and coordinates once more: float64, plain loops, one point at a time."""

import math

LOWEST = -30.0


def bin_of(pixel, splitting):
    """A crop coordinate in bins: bin k covers the pixels' k-th part, from the outer edge."""
    return (pixel + 0.5) * splitting - 0.5


def pixel_of(place, splitting):
    return (place + 0.5) / splitting - 0.5


def label(place, count, sigma):
    """The logarithm of a Gaussian, from its highest bin."""
    scores = [-((k - place) ** 2) / (2 * sigma**2) for k in range(count)]
    highest = max(scores)
    return [max(score - highest, LOWEST) for score in scores]


def simcc_lines(point, size, splitting, sigma):
    height, width = size
    x, y = (bin_of(value, splitting) for value in point)
    return label(x, round(width * splitting), sigma), label(y, round(height * splitting), sigma)


def shares(scores):
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def highest_bin(scores):
    highest = max(scores)
    places = [k for k, score in enumerate(scores) if score == highest]
    return (places[0] + places[-1]) / 2


def expectation(scores):
    return sum(k * share for k, share in enumerate(shares(scores)))


def variance_about(scores, place):
    return sum(share * (k - place) ** 2 for k, share in enumerate(shares(scores)))


def centre_of_mean(mean, count, sigma):
    """The centre of the Gaussian on ``count`` cells that has a given mean there: by bisection."""
    mean = min(max(mean, 0.01), count - 1 - 0.01)
    low, high = -200.0 * sigma**2, count + 200.0 * sigma**2
    for _ in range(100):
        middle = (low + high) / 2
        found = expectation([-((k - middle) ** 2) / (2 * sigma**2) for k in range(count)])
        low, high = (middle, high) if found < mean else (low, middle)
    return (low + high) / 2


def cell_of(pixel, stride):
    return (pixel + 0.5) / stride - 0.5


def dsnt_map(point, height, width, stride, sigma):
    x = centre_of_mean(cell_of(point[0], stride), width, sigma)
    y = centre_of_mean(cell_of(point[1], stride), height, sigma)
    rows = [
        [-((k - x) ** 2 + (i - y) ** 2) / (2 * sigma**2) for k in range(width)]
        for i in range(height)
    ]
    highest = max(max(row) for row in rows)
    return [[max(score - highest, LOWEST) for score in row] for row in rows]


def dsnt_moments(rows):
    """Mean and covariance of a map's softmax, in cells."""
    width = len(rows[0])
    share = shares([score for row in rows for score in row])
    x = sum(s * (n % width) for n, s in enumerate(share))
    y = sum(s * (n // width) for n, s in enumerate(share))
    xx = sum(s * (n % width - x) ** 2 for n, s in enumerate(share))
    yy = sum(s * (n // width - y) ** 2 for n, s in enumerate(share))
    xy = sum(s * (n % width - x) * (n // width - y) for n, s in enumerate(share))
    return (x, y), ((xx, xy), (xy, yy))


def dsnt_loss(rows, target_rows, weight):
    """The distance of the means in units of half a crop, and the Jensen–Shannon divergence."""
    height, width = len(rows), len(rows[0])
    (x, y), _ = dsnt_moments(rows)
    (wanted_x, wanted_y), _ = dsnt_moments(target_rows)
    distance = math.hypot((x - wanted_x) / (width / 2), (y - wanted_y) / (height / 2))
    p = shares([score for row in rows for score in row])
    q = shares([score for row in target_rows for score in row])
    apart = 0.0
    for a, b in zip(p, q, strict=True):
        middle = (a + b) / 2
        apart += (a * math.log(a / middle) + b * math.log(b / middle)) / 2
    return distance + weight * apart
