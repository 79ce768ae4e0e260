"""An experiment that takes seconds: two methods that share a training, and one of its own."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from tests.benchmarks.official.w300 import write_300w

FACES_PER_FOLDER = 3


def tiny_experiment(folder: Path, name: str = "tiny", **changes: Any) -> Path:
    """Writes files of a benchmark and an experiment on them.

    ``changes`` are dotted: ``**{"trainer.max_epochs": 2}``.
    """
    root = folder / "300w"
    if not root.exists():
        write_300w(root, FACES_PER_FOLDER)
    experiment = {
        "seeds": [0],
        "splits": ["ibug", "lfpw/testset"],
        "model": {
            "crop_size": 32,
            "codec": {
                "class_path": "landmarks.codecs.IntegerHeatmap",
                "init_args": {"heatmap_size": 8},
            },
            "network": {
                "class_path": "landmarks.backbones.PyramidNetwork",
                "init_args": {
                    "width": 8,
                    "backbone": {
                        "class_path": "landmarks.backbones.MobileNetV2",
                        "init_args": {"width": 0.35},
                    },
                },
            },
            "objective": {"class_path": "landmarks.objectives.Supervised"},
            "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": 0.003}},
            "scheduler": {"class_path": "landmarks.schedules.OneCycle"},
        },
        "data": {
            "class_path": "landmarks.datamodules.W300Data",
            "init_args": {
                "root": str(root),
                "batch_size": 3,
                "validation": 0.3,
                "workers": 0,
            },
        },
        "trainer": {
            "max_epochs": 1,
            "accelerator": "cpu",
            "enable_progress_bar": False,
            "log_every_n_steps": 1,
        },
        "methods": {
            "argmax": {},
            "dark": {"codec": {"init_args": {"peak": {"class_path": "landmarks.codecs.Dark"}}}},
            "hih": {
                "codec": {"class_path": "landmarks.codecs.HIH", "init_args": {"heatmap_size": 8}}
            },
        },
    }
    settings = OmegaConf.create(experiment)
    for place, value in changes.items():
        OmegaConf.update(settings, place, value, merge=False)
    path = folder / f"{name}.yaml"
    OmegaConf.save(settings, path)
    return path
