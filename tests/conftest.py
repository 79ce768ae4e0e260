"""Settings of all tests."""

import os

import pytest


def pytest_configure() -> None:
    """Keeps tests from logging to the account of whoever runs them."""
    os.environ["WANDB_MODE"] = "disabled"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests that need a CUDA device where there is none."""
    needing = [item for item in items if item.get_closest_marker("gpu")]
    if not needing:
        return
    import torch

    if not torch.cuda.is_available():
        for item in needing:
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))
