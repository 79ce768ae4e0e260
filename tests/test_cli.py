import errno
import subprocess
import sys

import pytest

from landmarks.cli import main
from landmarks.errors import DataError, SettingsError

COMMANDS = ("fit", "validate", "test", "compare", "oracle")


def test_help_names_every_command_and_imports_no_heavy_package():
    program = """
import sys
from landmarks.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
assert not {"torch", "lightning", "timm"} & set(sys.modules)
"""
    shown = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    for command in COMMANDS:
        assert f"    {command} " in shown


def test_without_a_command_help_is_shown(capsys):
    assert main([]) == 0
    assert "compare" in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["compre"])
    assert stop.value.code == 2
    assert "compre" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_its_options(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "--output" in capsys.readouterr().out


@pytest.mark.parametrize("error", [DataError("a.pts: bad"), SettingsError("lr: bad")])
def test_bad_input_is_one_line_and_status_2(error, monkeypatch, capsys):
    def fail(arguments):
        raise error

    monkeypatch.setattr("landmarks.commands.oracle.main", fail)
    assert main(["oracle"]) == 2
    assert capsys.readouterr().err == f"landmarks oracle: error: {error}\n"


def test_an_output_that_cannot_be_written_is_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "out"  # below a file, no folder can be made
    monkeypatch.setattr(
        "landmarks.commands.score.main", lambda words: folder.mkdir(parents=True, exist_ok=True)
    )
    assert main(["score"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"landmarks score: error: {folder}: Not a directory; check the path")
    assert shown.count("\n") == 1


def test_a_full_disk_is_one_line_and_other_faults_are_not_hidden(monkeypatch, capsys):
    def fail(arguments):
        raise OSError(*fault)

    monkeypatch.setattr("landmarks.commands.oracle.main", fail)
    fault = (errno.ENOSPC, "No space left on device")
    assert main(["oracle"]) == 2
    assert "error: No space left on device; check" in capsys.readouterr().err
    fault = (errno.ECONNREFUSED, "Connection refused")
    with pytest.raises(OSError, match="refused"):
        main(["oracle"])


def test_the_module_runs_as_the_command():
    shown = subprocess.run(
        [sys.executable, "-m", "landmarks", "--version"], check=True, capture_output=True, text=True
    ).stdout
    assert shown.startswith("landmarks 0.")
