"""Random changes of a crop's colours, sharpness and visibility; they move no landmark."""

import albumentations
import numpy as np
from jaxtyping import UInt8


class Photometry:
    """Random lighting, colour, blur, noise, compression and occlusion, by albumentations.

    Geometry is not its business: albumentations moves points only to about a tenth of a pixel. All
    probabilities and limits are this project's choice.

    Args:
        lighting: Probability of changing brightness, contrast and gamma.
        colour: Probability of shifting hue and saturation, or of losing colour altogether (one time
            in five of these).
        blur: Probability of a slight Gaussian blur.
        degrade: Probability of sensor noise or JPEG artefacts.
        occlude: Probability of covering up to two rectangles of the crop.

    Raises:
        ValueError: If a probability is outside 0 to 1.
    """

    def __init__(
        self,
        lighting: float = 0.5,
        colour: float = 0.3,
        blur: float = 0.1,
        degrade: float = 0.1,
        occlude: float = 0.2,
    ) -> None:
        probabilities = {
            "lighting": lighting,
            "colour": colour,
            "blur": blur,
            "degrade": degrade,
            "occlude": occlude,
        }
        for name, probability in probabilities.items():
            if not 0 <= probability <= 1:
                raise ValueError(f"photometry {name} is {probability}; expected 0 to 1")
        self.probabilities = probabilities
        self._transforms = albumentations.Compose(
            [
                albumentations.RandomBrightnessContrast(0.3, 0.3, p=lighting),
                albumentations.RandomGamma((70, 140), p=lighting / 2),
                albumentations.OneOf(
                    [
                        albumentations.HueSaturationValue(10, 30, 0, p=0.8),
                        albumentations.ToGray(p=0.2),
                    ],
                    p=colour,
                ),
                albumentations.GaussianBlur(blur_limit=0, sigma_limit=(0.3, 1.2), p=blur),
                albumentations.OneOf(
                    [
                        albumentations.GaussNoise(std_range=(0.01, 0.06)),
                        albumentations.ImageCompression(quality_range=(35, 90)),
                    ],
                    p=degrade,
                ),
                albumentations.CoarseDropout(
                    num_holes_range=(1, 2),
                    hole_height_range=(0.1, 0.35),
                    hole_width_range=(0.1, 0.35),
                    fill="random_uniform",
                    p=occlude,
                ),
            ]
        )

    def __repr__(self) -> str:
        """The probabilities: what a manifest needs to tell two settings apart."""
        settings = ", ".join(f"{name}={value}" for name, value in self.probabilities.items())
        return f"Photometry({settings})"

    def __call__(
        self, crop: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator
    ) -> UInt8[np.ndarray, "H W 3"]:
        """A changed copy of the crop; the same draws from ``rng`` give the same copy."""
        self._transforms.set_random_seed(int(rng.integers(2**31)))
        changed: UInt8[np.ndarray, "H W 3"] = self._transforms(image=crop)["image"]
        return changed
