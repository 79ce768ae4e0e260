"""From the curves of a face to the picture.

The camera looks along -z at the head's middle; what lies nearer appears larger.

**The outline.** A head has no line on it where its outline is: in a turned head the outline on the
far side is where the surface turns away, and annotators put the jaw points there. At every height
the surface is an ellipse from ear to ear, ``centre + a sin θ + b cos θ``, with the jaw at θ = ±90°
and the face's front at 0. The far side of the drawn outline stands at the θ where the ellipse
reaches furthest to the side, and the jaw landmarks lie on that outline, as in 300W; on the near
side it is the jaw itself.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from landmarks.geometry import FIRST_EDGE, Size
from landmarks.rendering.annotation import Annotation
from landmarks.rendering.modes import shape
from landmarks.rendering.parameters import FaceParameters, Pose
from landmarks.rendering.template import template

PIVOT = np.array([0.0, 0.55, -0.45])
"""The head's middle: it stands still when the head turns."""

_SLID = np.radians(12.0)


@dataclass(frozen=True)
class Camera:
    """Takes points of the unturned face to the picture.

    Attributes:
        rotation: (3, 3), yaw first, then pitch.
        roll: (2, 2), the turn in the picture's plane.
        centre: Where the head's middle stands, in photo pixels.
        unit: Pixels of an eye-centre distance at the head's middle.
        distance: From the head's middle to the camera.
    """

    rotation: Float[np.ndarray, "3 3"]
    roll: Float[np.ndarray, "2 2"]
    centre: Float[np.ndarray, "2"]
    unit: float
    distance: float

    @classmethod
    def of(cls, pose: Pose, size: Size) -> "Camera":
        """The camera that sees this pose in a picture of this size."""
        yaw, pitch, roll = np.radians([pose.yaw, pose.pitch, pose.roll])
        turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        nod = np.array(
            [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
        )
        lean = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        # A fraction of the picture is measured from edge to edge, from -0.5 to W - 0.5.
        place = np.array([pose.x * size.width, pose.y * size.height]) + FIRST_EDGE
        unit = pose.unit * min(size)
        centre = place + unit * np.array([pose.offset_x, pose.offset_y])
        return cls(nod @ turn, lean, centre, unit, pose.distance)

    def turned(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
        """Points as the camera sees them turned, round the head's middle, before the roll."""
        rotated: Float[np.ndarray, "*n 3"] = (points - PIVOT) @ self.rotation.T
        return rotated

    def project(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 2"]:
        """Points of the unturned face in photo pixels."""
        return self.screen(self.turned(points))

    def screen(self, turned: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 2"]:
        """Turned points in photo pixels."""
        nearer = self.distance / (self.distance - turned[..., 2:])
        flat = turned[..., :2] * nearer
        placed: Float[np.ndarray, "*n 2"] = self.unit * flat @ self.roll.T + self.centre
        return placed


@dataclass(frozen=True)
class ProjectedFace:
    """A face's curves in the picture.

    Attributes:
        camera: What sees it.
        solid: (V, 3) the template's vertices with this face's shape, unturned.
        vertices: (V, 2) photo pixels; those of the outline stand where it is drawn.
        hidden: (V,) the vertices that the head itself hides.
    """

    camera: Camera
    solid: Float[np.ndarray, "V 3"]
    vertices: Float[np.ndarray, "V 2"]
    hidden: Bool[np.ndarray, " V"]

    def curve(self, name: str) -> Float[np.ndarray, "n 2"]:
        """One of the template's curves, in photo pixels."""
        return self.vertices[template().spans[name]]

    def points(self, annotation: Annotation) -> Float[np.ndarray, "K 2"]:
        """The landmarks of a markup, in photo pixels."""
        return annotation.points(self.vertices)

    def self_occluded(self, annotation: Annotation) -> Bool[np.ndarray, " K"]:
        """Which landmarks of a markup the head itself hides."""
        nearest = np.where(annotation.share < 0.5, annotation.first, annotation.second)
        return self.hidden[nearest]


def project_face(parameters: FaceParameters, size: Size) -> ProjectedFace:
    """Shapes, turns and projects the curves of a face."""
    solid = shape({**parameters.identity, **parameters.expression})
    camera = Camera.of(parameters.pose, size)
    spans = template().spans
    turned = camera.turned(solid)
    hidden = _faces_away(solid, camera)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        outline, front = spans[f"{side}_outline"], spans[f"{side}_front"]
        placed, slid = _apparent(turned[outline], turned[front], camera, solid[outline], sign)
        turned[outline] = placed
        hidden[outline] = slid > _SLID
        # At the chin and at the top the two sides meet: nothing can slide.
        hidden[[outline.start, outline.stop - 1]] = False
    vertices = camera.screen(turned)
    hidden[spans["ridge"]] = False  # the nose stands out in front of all else
    return ProjectedFace(camera, solid, vertices, hidden)


def _apparent(
    outline: np.ndarray, front: np.ndarray, camera: Camera, solid: np.ndarray, sign: float
) -> tuple[np.ndarray, np.ndarray]:
    """The drawn outline of one side, turned, and the angle by which it slid off the jaw."""
    half_width = np.abs(solid[:, :1])
    across = camera.rotation[:, 0]  # the unturned x axis, turned
    to_side = sign * half_width * across
    middle = outline - to_side  # on the middle plane, at the depth of the ears
    to_front = front - middle
    # The ellipse middle + to_side sin θ + to_front cos θ reaches furthest to the side where the
    # derivative of its x is zero.
    angle = np.arctan2(sign * to_side[:, 0], sign * to_front[:, 0])
    # On the near side it would do so behind the jaw: there the jaw is the outline.
    angle = np.clip(angle, 0.0, np.pi / 2)
    slid = np.pi / 2 - angle
    placed = middle + to_side * np.sin(angle)[:, None] + to_front * np.cos(angle)[:, None]
    return placed, slid


def _faces_away(solid: np.ndarray, camera: Camera) -> np.ndarray:
    """Which vertices lie where the face's surface is turned away from the camera."""
    across = np.clip(solid[:, 0] * 0.8, -0.95, 0.95)
    normal = np.stack([across, np.zeros_like(across), np.sqrt(1 - across**2)], axis=1)
    away: np.ndarray = (normal @ camera.rotation.T)[:, 2] < 0.05
    return away
