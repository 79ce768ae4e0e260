import subprocess
import sys
from pathlib import Path

import pytest

from landmarks.analysis.wandb_log import WANDB_WORDS, NoLog, choose_log
from landmarks.errors import SettingsError

KEY = "a" * 40


def kind(word, folder):
    log = choose_log(word, folder, "demo")
    return "off" if isinstance(log, NoLog) else "offline" if log.offline else "online"


@pytest.mark.parametrize("word", WANDB_WORDS[:1] + WANDB_WORDS[2:])
def test_without_an_account_nothing_is_online_and_nothing_is_asked(word, tmp_path):
    assert kind(word, tmp_path) == {"auto": "off", "offline": "offline", "off": "off"}[word]
    assert not list(tmp_path.iterdir())


def test_online_without_an_account_is_refused_before_anything_is_done(tmp_path):
    with pytest.raises(SettingsError, match=r"wandb login.*WANDB_API_KEY.*--wandb offline"):
        choose_log("online", tmp_path, "demo")


def test_another_word_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="'on' is not known; choose one of auto, online"):
        choose_log("on", tmp_path, "demo")


def test_a_key_in_the_environment_is_an_account(monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    assert kind("auto", tmp_path) == kind("online", tmp_path) == "online"
    assert kind("off", tmp_path) == "off"
    assert kind("offline", tmp_path) == "offline"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"WANDB_MODE": "offline"}, "offline"),
        ({"WANDB_MODE": "dryrun"}, "offline"),
        ({"WANDB_MODE": "disabled", "WANDB_API_KEY": KEY}, "off"),
        ({"WANDB_MODE": "online"}, "off"),  # nobody is asked for a key
        ({"WANDB_MODE": "online", "WANDB_API_KEY": KEY}, "online"),
        ({"WANDB_IDENTITY_TOKEN_FILE": "token"}, "online"),
    ],
)
def test_auto_does_what_the_environment_says(variables, expected, monkeypatch, tmp_path):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert kind("auto", tmp_path) == expected


def test_a_login_is_an_account_for_its_own_host(monkeypatch, tmp_path):
    netrc = Path.home() / ".netrc"
    netrc.write_text(f"machine api.wandb.ai\n  login user\n  password {KEY}\n")
    netrc.chmod(0o600)
    assert kind("auto", tmp_path) == "online"
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example.org")
    assert kind("auto", tmp_path) == "off"
    netrc.write_text("machine api.wandb.ai login\npassword")
    monkeypatch.delenv("WANDB_BASE_URL")
    assert kind("auto", tmp_path) == "off"


def test_what_was_noted_for_the_user_and_for_this_folder_counts(tmp_path, monkeypatch):
    noted = Path.home() / ".config" / "wandb" / "settings"
    noted.parent.mkdir(parents=True)
    noted.write_text(f"[default]\napi_key = {KEY}\n")
    assert kind("auto", tmp_path) == "online"
    here = Path("wandb") / "settings"
    here.parent.mkdir()
    here.write_text("[default]\nmode = offline\n")
    assert kind("auto", tmp_path) == "offline"
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert kind("auto", tmp_path) == "off"
    monkeypatch.delenv("WANDB_MODE")
    here.write_bytes(b"\xff\xfe no settings")
    assert kind("auto", tmp_path) == "online"


def test_the_package_is_not_imported_before_a_training_starts(tmp_path):
    program = f"""
import sys
from pathlib import Path
from landmarks.analysis.wandb_log import choose_log
for word in ("off", "auto", "offline"):
    log = choose_log(word, Path({str(tmp_path)!r}), "demo")
    log.loggers("training", "key", ["dark"], {{}})
    log.close()
assert "wandb" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])
