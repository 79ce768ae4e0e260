"""What stands behind a face, and what a camera does to the picture."""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from landmarks.geometry import Size
from landmarks.rendering.parameters import Lighting, PhotoEffects

_PLAIN = 0.5


def background(effects: PhotoEffects, size: Size) -> Float32[np.ndarray, "H W 3"]:
    """A gradient with blurred things before it; plain grey without clutter."""
    height, width = size
    if not effects.clutter:
        return np.full((height, width, 3), _PLAIN, dtype=np.float32)
    rng = np.random.default_rng((effects.seed, 1))
    corners = rng.uniform(0.05, 0.95, (2, 2, 3))
    corners = 0.6 * corners.mean(axis=(0, 1)) + 0.4 * corners
    # Drawn at a fixed size and enlarged, so that pictures of all sizes show the same things.
    drawn = cv2.resize(corners.astype(np.float32), (128, 128), interpolation=cv2.INTER_LINEAR)
    for _ in range(effects.clutter):
        colour = rng.uniform(0.02, 0.98, 3).tolist()
        kind, (x, y), (a, b) = rng.random(), rng.uniform(0, 128, 2), rng.uniform(3, 42, 2)
        place, axes = (round(x * 16), round(y * 16)), (round(a * 16), round(b * 16))
        angle = float(rng.uniform(0, 180))
        if kind < 0.35:
            cv2.ellipse(drawn, place, axes, angle, 0, 360, colour, -1, cv2.LINE_AA, 4)
        elif kind < 0.7:
            corners_of_box = cv2.boxPoints(((x * 16, y * 16), (a * 32, b * 32), angle))
            cv2.fillConvexPoly(drawn, corners_of_box.astype(np.int32), colour, cv2.LINE_AA, 4)
        else:
            ends = rng.uniform(-10, 138, (2, 2)) * 16
            first, second = ends.astype(int).tolist()
            cv2.line(drawn, first, second, colour, int(rng.integers(1, 6)), cv2.LINE_AA, 4)
    texture = rng.normal(0, rng.uniform(0, 0.10), (32, 32, 1)).astype(np.float32)
    drawn += cv2.resize(texture, (128, 128), interpolation=cv2.INTER_CUBIC)[..., None]
    softness = rng.uniform(0.0, 2.5)
    if softness > 0.4:
        drawn = cv2.GaussianBlur(drawn, (0, 0), softness)
    if size != (128, 128):
        drawn = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_LINEAR)
    picture: Float32[np.ndarray, "H W 3"] = drawn
    return picture


def develop(
    picture: Float32[np.ndarray, "H W 3"], lighting: Lighting, effects: PhotoEffects
) -> UInt8[np.ndarray, "H W 3"]:
    """Exposes a picture with colours from 0 to 1: light, blur, noise, JPEG."""
    exposed = picture * (np.array(lighting.tint, np.float32) * np.float32(255 * lighting.exposure))
    sigma = effects.blur * min(picture.shape[:2])
    if sigma > 0.1:
        exposed = cv2.GaussianBlur(exposed, (0, 0), sigma)
    if effects.noise:
        rng = np.random.default_rng((effects.seed, 2))
        exposed += rng.standard_normal(picture.shape, np.float32) * np.float32(effects.noise)
    image: UInt8[np.ndarray, "H W 3"] = np.rint(np.clip(exposed, 0, 255)).astype(np.uint8)
    if effects.jpeg_quality is None:
        return image
    # OpenCV takes the channels for blue, green, red; so that JPEG weighs them rightly, swap twice.
    quality = (cv2.IMWRITE_JPEG_QUALITY, effects.jpeg_quality)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), quality)
    decoded: UInt8[np.ndarray, "H W 3"] = cv2.cvtColor(
        cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
    )
    return decoded
