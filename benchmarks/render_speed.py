"""Prints how many synthetic faces one core draws in a second, with their landmarks.

    python benchmarks/render_speed.py --image_size 128 --faces 300

Processor time is counted, so that other work on the machine matters little.
"""

import argparse
import time

import cv2
from tqdm import tqdm

from landmarks.markups import MARKUPS
from landmarks.rendering.face import SyntheticFace, render_face


def main() -> None:
    """Draws faces and prints the rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image_size", type=int, default=128, help="height and width in pixels")
    parser.add_argument("--faces", type=int, default=300, help="number of faces to draw")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    for index in range(10):
        render_face(1, index, arguments.image_size)  # tables are built with the first faces

    faces: list[SyntheticFace] = []
    start, start_wall = time.process_time(), time.perf_counter()
    for index in tqdm(range(arguments.faces), unit="face"):
        faces.append(render_face(0, index, arguments.image_size))
    drawn, drawn_wall = time.process_time(), time.perf_counter()
    for face in faces:
        for markup in MARKUPS.values():
            face.points(markup)
            face.self_occluded(markup)
            face.occluded(markup)
    annotated = time.process_time()

    size = f"{arguments.image_size}×{arguments.image_size}"
    print(f"pictures of {size}: {arguments.faces / (drawn - start):.0f} faces/s of processor time,")
    print(f"  {arguments.faces / (drawn_wall - start_wall):.0f} faces/s on the clock")
    print(f"points and flags of all markups: {arguments.faces / (annotated - drawn):.0f} faces/s")


if __name__ == "__main__":
    main()
