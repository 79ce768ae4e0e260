"""Prints how many maps a second the plain loops over points read and draw, with nothing beside.

    python benchmarks/codec_loops.py --heatmap_size 64 --maps 500

The loops stand in `landmarks.analysis.codec_loops`, where `landmarks bench codecs` finds them
wherever the package is installed; that command times the codecs beside them.
"""

import argparse
import time
from functools import partial

import numpy as np
from tqdm import tqdm

from landmarks.analysis import codec_loops


def main() -> None:
    """Draws maps, reads them by each loop, and prints the rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--heatmap_size", type=int, default=64, help="height and width in cells")
    parser.add_argument("--maps", type=int, default=500, help="number of maps")
    arguments = parser.parse_args()
    size = arguments.heatmap_size
    rng = np.random.default_rng(0)
    points = rng.uniform(0, size - 1, (arguments.maps, 2))
    start = time.perf_counter()
    maps = codec_loops.encode(points, size, size, sigma=1.5)
    rates = {"encode": arguments.maps / (time.perf_counter() - start)}
    maps += 0.02 * rng.standard_normal(maps.shape, dtype=np.float32)
    loops = {
        "argmax": codec_loops.argmax,
        "quarter offset": codec_loops.quarter_offset,
        "DARK": partial(codec_loops.dark, kernel_size=11),
        "local soft-argmax": partial(codec_loops.local_soft_argmax, window=5, temperature=10.0),
    }
    for name, loop in tqdm(loops.items(), unit="loop"):
        start = time.perf_counter()
        codec_loops.decode(list(maps), loop)
        rates[name] = arguments.maps / (time.perf_counter() - start)
    for name, rate in rates.items():
        print(f"{name:18} {rate:10,.0f} maps/s of {size}×{size}")


if __name__ == "__main__":
    main()
