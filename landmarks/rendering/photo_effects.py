"""What is behind the head, and what a camera does to the picture."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from landmarks.geometry import Size
from landmarks.rendering.painter import Layer, stroke
from landmarks.rendering.parameters import PhotoEffects

_PLAIN = np.array([0.5, 0.55, 0.6], dtype=np.float32)


def background(effects: PhotoEffects, size: Size) -> tuple[Float[np.ndarray, "H W 3"], list[Layer]]:
    """A gradient with soft texture, and patches and lines to be painted on it.

    Without clutter it is plain.
    """
    picture = np.empty((size.height, size.width, 3), dtype=np.float32)
    picture[:] = _PLAIN
    if effects.clutter == 0:
        return picture, []
    rng = np.random.default_rng((effects.seed, 0))
    corners = _colours(rng, 4).reshape(2, 2, 3).astype(np.float32)
    coarse = int(rng.integers(3, 24))
    texture = rng.normal(0, rng.uniform(0.02, 0.12), (coarse, coarse, 1)).astype(np.float32)
    whole = (size.width, size.height)
    picture[:] = cv2.resize(corners, whole, interpolation=cv2.INTER_LINEAR)
    picture += cv2.resize(texture, whole, interpolation=cv2.INTER_CUBIC)[..., None]
    extent = np.array([size.width, size.height], dtype=np.float64)
    layers = []
    for _ in range(effects.clutter):
        colour = _colours(rng, 1)[0]
        opacity = float(rng.uniform(0.3, 1.0))
        if rng.random() < 0.5:
            count = int(rng.integers(3, 9))
            angle = np.sort(rng.uniform(0, 2 * np.pi, count))
            radius = rng.uniform(0.03, 0.3) * rng.uniform(0.6, 1.0, count)
            shape = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
            polygon = (rng.uniform(0, 1, 2) + shape) * extent
        else:
            ends = rng.uniform(-0.1, 1.1, (2, 2)) * extent
            polygon = stroke(ends, float(rng.uniform(0.004, 0.05)) * min(size))
        layers.append(Layer(polygon, colour, opacity))
    return picture, layers


def _colours(rng: np.random.Generator, count: int) -> np.ndarray:
    """Colours of things: mostly dull, some bright, (count, 3)."""
    grey = rng.uniform(0.05, 0.95, (count, 1))
    vivid = rng.uniform(0.02, 0.98, (count, 3))
    share = rng.uniform(0, 1, (count, 1)) ** 2
    colours: np.ndarray = (1 - share) * grey + share * vivid
    return colours


def photograph(
    picture: Float[np.ndarray, "H W 3"], effects: PhotoEffects
) -> UInt8[np.ndarray, "H W 3"]:
    """Blurs, adds noise, rounds to bytes and compresses."""
    height, width = picture.shape[:2]
    if effects.blur > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), effects.blur * min(height, width))
    grey = picture * np.float32(255)
    if effects.noise > 0:
        rng = np.random.default_rng((effects.seed, 1))
        grey += np.float32(effects.noise) * rng.standard_normal(grey.shape, dtype=np.float32)
    np.clip(np.rint(grey, out=grey), 0, 255, out=grey)
    photo: UInt8[np.ndarray, "H W 3"] = grey.astype(np.uint8)
    if effects.jpeg_quality is not None:
        quality = [cv2.IMWRITE_JPEG_QUALITY, effects.jpeg_quality]
        _, stream = cv2.imencode(".jpg", photo[..., ::-1], quality)
        decoded: np.ndarray = np.asarray(cv2.imdecode(stream, cv2.IMREAD_COLOR))
        photo = decoded[..., ::-1].copy()
    return photo
