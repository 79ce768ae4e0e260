"""Compare heatmap codecs for facial landmark localisation under identical settings.

The rooms, from a photo to a table (docs/architecture.md tells the whole story):

- `landmarks.geometry`: pixels, grids and affines; `landmarks.markups`: point schemes.
- `landmarks.benchmarks`: one file a benchmark; `landmarks.data`: from a record to a batch.
- `landmarks.codecs`: what a network emits, how truth becomes a target and an output a point.
- `landmarks.backbones`, `landmarks.objectives`, `landmarks.task`: what is trained, and how.
- `landmarks.metrics`, `landmarks.analysis`: NME, FR, AUC; oracle, comparison, report.
"""

import os

from landmarks import _torchvision

__version__ = "0.1.0"

# albumentations asks the network for its newest version on import, which takes seconds offline.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
_torchvision.repair_on_import()
