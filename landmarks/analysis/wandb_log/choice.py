"""Whether a comparison is logged to Weights & Biases, from a word and what is set up here."""

import configparser
import netrc
import os
from pathlib import Path
from urllib.parse import urlsplit

from landmarks.analysis.wandb_log.comparison_log import ComparisonLog, NoLog, WandbLog
from landmarks.errors import SettingsError

WANDB_WORDS = ("auto", "online", "offline", "off")
"""What ``--wandb`` may be; see `choose_log`."""

_HOST = "https://api.wandb.ai"


def choose_log(word: str, output: Path, name: str) -> ComparisonLog:
    """The log that ``--wandb`` asks for.

    - ``auto``: what W&B is set up for on this machine. ``WANDB_MODE``, or the mode that ``wandb
      offline``, ``wandb disabled`` have noted, is followed; without one, it is online if
      credentials are configured (``WANDB_API_KEY``, ``wandb login``), and else nothing is logged.
    - ``online``: it uploads; credentials must be configured, since nobody is asked for them.
    - ``offline``: it writes files below the output folder, and needs no account.
    - ``off``: nothing is logged.

    Args:
        word: One of `WANDB_WORDS`.
        output: The comparison's folder.
        name: Name of the experiment.

    Raises:
        SettingsError: If the word is none of them, or is ``online`` without credentials.
    """
    if word not in WANDB_WORDS:
        raise SettingsError(
            f"--wandb {word!r} is not known; choose one of {', '.join(WANDB_WORDS)}"
        )
    if word == "auto":
        word = _configured_word()
    elif word == "online" and not _has_credentials():
        raise SettingsError(
            "--wandb online: no credentials for Weights & Biases are configured; run "
            "'wandb login', set WANDB_API_KEY, or choose '--wandb offline', which needs no account"
        )
    if word == "off":
        return NoLog()
    return WandbLog(output, name, offline=word == "offline")


def _configured_word() -> str:
    mode = os.environ.get("WANDB_MODE") or _noted_settings().get("mode", "")
    if mode == "disabled":
        return "off"
    if mode in ("offline", "dryrun"):
        return "offline"
    return "online" if _has_credentials() else "off"


def _has_credentials() -> bool:
    """Whether W&B would find credentials where it looks for them, without asking anybody.

    The places, in its own order: environment, ``.netrc``, its settings (wandb/sdk/lib/wbauth).
    """
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    noted = _noted_settings()
    host = urlsplit(os.environ.get("WANDB_BASE_URL") or noted.get("base_url") or _HOST).netloc
    return _in_netrc(host) or bool(noted.get("api_key"))


def _in_netrc(host: str) -> bool:
    named = os.environ.get("NETRC")
    for place in (named,) if named else ("~/.netrc", "~/_netrc"):
        try:
            found = netrc.netrc(Path(place).expanduser()).authenticators(host)
        except (OSError, netrc.NetrcParseError):
            continue
        if found and found[2]:
            return True
    return False


def _noted_settings() -> dict[str, str]:
    """What ``wandb login``, ``offline``, ``disabled`` have noted: for the user, then for here."""
    folder = Path(os.environ.get("WANDB_CONFIG_DIR") or "~/.config/wandb").expanduser()
    here = Path(os.environ.get("WANDB_DIR") or ".") / "wandb"
    noted = configparser.ConfigParser(interpolation=None)
    for file in (folder / "settings", here / "settings"):
        try:
            noted.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
    return dict(noted["default"]) if noted.has_section("default") else {}


__all__ = ["WANDB_WORDS", "choose_log"]
