import os

import pytest

import landmarks  # noqa: F401 (before Lightning, which the tests import)


@pytest.fixture(autouse=True)
def _no_account(tmp_path_factory, monkeypatch):
    """A machine on which nobody has an account, and no setting is noted."""
    for variable in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(variable)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    monkeypatch.chdir(home)
