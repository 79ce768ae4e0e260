import subprocess
import sys
from textwrap import dedent

import polars
import pytest

from landmarks import conformance
from landmarks.cli import main
from landmarks.codecs import ContinuousHeatmap, Dark, IntegerHeatmap
from landmarks.codecs.methods import METHODS
from landmarks.conformance import CHECKS
from landmarks.conformance.accuracy import BIAS, ROUND_TRIP
from landmarks.conformance.fields import FIELDS
from landmarks.conformance.portability import GPU

SMALL = ["--crop_size", "64"]
CONTINUOUS = "landmarks.codecs.ContinuousHeatmap"

BIASED = """
    from landmarks.codecs import Codec, ContinuousHeatmap, Decoded, StatedError


    class Biased(Codec):
        def __init__(self, markup, crop_size, bias: float = 0.5, heatmap_size: int = 16) -> None:
            super().__init__(markup, crop_size)
            if bias > 100:
                raise ValueError(f"a bias of {bias}\\nis too much")
            self.bias = bias
            self.inner = ContinuousHeatmap(markup, crop_size, heatmap_size)

        @property
        def fields(self):
            return self.inner.fields

        @property
        def stated_error(self):
            return self.inner.stated_error

        def encode(self, points):
            return self.inner.encode(points)

        def loss(self, outputs, targets, weight):
            return self.inner.loss(outputs, targets, weight)

        def decode(self, outputs):
            decoded = self.inner.decode(outputs)
            return decoded._replace(points=decoded.points + self.bias)

        def warp(self, outputs, warped_from_crop):
            return self.inner.warp(outputs, warped_from_crop)


    class Half(Codec):
        def encode(self, points):
            return {}


    class NoCodec:
        pass
"""


@pytest.fixture
def few(monkeypatch):
    """Few checks, and the codecs that they were run on."""
    built = []

    def noted(subject):
        built.append(subject)
        return FIELDS.examine(subject)

    fields = conformance.Check(FIELDS.title, FIELDS.rule, noted)
    monkeypatch.setattr(conformance, "CHECKS", (fields, ROUND_TRIP, BIAS, GPU))
    return built


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with a user's own module, from which the command is run."""
    # Not a name that another test has imported.
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(dedent(BIASED))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return name


def test_a_sound_codec_passes_the_whole_contract(capsys):
    assert main(["check-codec", CONTINUOUS, *SMALL, "--heatmap_size", "16"]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    for check, line in zip(CHECKS, lines[1:], strict=False):
        assert line.startswith(check.title)
        assert "  passed   " in line or "  skipped  " in line
    assert lines[-1].startswith(f"{CONTINUOUS}: ")
    assert ", 0 failed, " in lines[-1]
    assert f"/{len(CHECKS)}" in printed.err


def test_the_constructors_arguments_are_options(few, capsys):
    peak = ["--peak", "landmarks.codecs.Dark", "--peak.kernel_size", "7"]
    more = ["--heatmap_size", "32", "--sigma", "1.5", "--markup", "19", "--crop_size", "64x128"]
    assert main(["check-codec", CONTINUOUS, *more, *peak]) == 0
    codec = few[0].codec
    assert isinstance(codec, ContinuousHeatmap)
    assert codec.grid.size == (32, 64)
    assert codec.sigma == 1.5
    assert isinstance(codec.peak, Dark)
    assert codec.peak.kernel_size == 7
    assert codec.markup.count == 19
    assert "heatmap (19, 32, 64)" in capsys.readouterr().out


def test_options_may_stand_in_a_file(few, tmp_path):
    (tmp_path / "codec.yaml").write_text(
        "crop_size: 64\nheatmap_size: 16\n"
        "peak: {class_path: landmarks.codecs.Dark, init_args: {kernel_size: 5}}\n"
    )
    words = ["check-codec", CONTINUOUS, "--config", str(tmp_path / "codec.yaml"), "--sigma", "1.25"]
    assert main(words) == 0
    codec = few[0].codec
    assert (codec.grid.height, codec.sigma, codec.peak.kernel_size) == (16, 1.25, 5)


def test_ones_own_codec_is_found_in_the_folder_at_hand_and_its_defect_named(own, few, capsys):
    assert main(["check-codec", f"{own}.Biased", *SMALL]) == 1
    out = capsys.readouterr().out
    assert "round trip  FAILED   at point (" in out
    assert "px off; the stated interior error is" in out
    assert "found decoded (0.500, 0.500) px from the truth" in out
    assert "expected (0, 0) px" in out
    assert f"rule: {BIAS.rule}" in out
    assert f"{own}.Biased: 1 passed, 2 failed, " in out
    assert main(["check-codec", f"{own}.Biased", *SMALL, "--bias", "0"]) == 0


def test_every_method_by_name_has_a_line(few, capsys, monkeypatch):
    few_methods = {name: METHODS[name] for name in ("argmax", "dark")}
    monkeypatch.setattr("landmarks.codecs.methods.METHODS", few_methods)
    for words in (["--all"], []):
        assert main(["check-codec", *words, *SMALL]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["argmax", "dark"]
        assert all("3 passed" in line or "4 passed" in line for line in lines)
    assert few[0].codec.grid.height == 16


def test_a_failing_method_is_named_and_the_status_tells(own, few, capsys, monkeypatch):
    assert main(["check-codec", f"{own}.Biased", *SMALL]) == 1
    biased = sys.modules[own].Biased
    methods = {
        "argmax": IntegerHeatmap,
        "biased": lambda markup, size, heatmap_size: biased(markup, size, 0.5, heatmap_size),
    }
    monkeypatch.setattr("landmarks.codecs.methods.METHODS", methods)
    capsys.readouterr()
    assert main(["check-codec", "--all", *SMALL, "--output", "found.csv"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("biased  1 passed; 2 FAILED: round trip, bias")
    table = polars.read_csv("found.csv")
    assert table.columns == ["codec", "check", "result", "found"]
    assert len(table) == 8
    results = {(row[0], row[1]): row[2] for row in table.rows()}
    assert results["biased", "bias"] == "failed"
    assert results["argmax", "bias"] == "passed"


def test_a_method_by_name_can_be_looked_at_by_itself(few, capsys):
    assert main(["check-codec", "dark", *SMALL, "--heatmap_size", "32"]) == 0
    assert few[0].codec.grid.height == 32
    assert "round trip" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "more", "words"),
    [
        ("drak", [], "'drak' is no method by name (argmax, "),
        ("landmarks.codecz.Dark", [], "module landmarks.codecz cannot be imported (ModuleNotFound"),
        ("landmarks.codecs.Continuous", [], "has no Continuous; its codecs are ContinuousHeatmap"),
        ("landmarks.codecs.Dark", [], "landmarks.codecs.Dark is no codec: it must be a subclass"),
        ("landmarks.codecs.StatedError", [], "is no codec"),
        ("landmarks.codecs.gaussian.GaussianHeatmap", [], "is abstract: it lacks _centres"),
        ("{own}.Half", [], "is abstract: it lacks decode, fields, loss, stated_error, warp"),
        ("{own}.NoCodec", [], "is no codec"),
        ("{own}.Biased", ["--bias", "101"], "cannot be built: ValueError: a bias of 101.0 is too"),
        (CONTINUOUS, ["--heatmap_size", "512"], "512 cells does not fit a crop of 256"),
        (CONTINUOUS, ["--sigma", "-1"], "-1.0 cells must be larger than 0"),
        (CONTINUOUS, ["--peak", "landmarks.codecs.Dark", "--peak.kernel_size", "4"], "must be odd"),
        (CONTINUOUS, ["--markup", "69"], "--markup '69' is not known; choose one of 5, 19, 29"),
        (CONTINUOUS, ["--crop_size", "large"], "--crop_size 'large' must be a whole number"),
        (CONTINUOUS, ["--crop_size", "0"], "--crop_size '0' must be a whole number"),
        (CONTINUOUS, ["--device", "gpu"], "--device 'gpu' cannot be used"),
        (CONTINUOUS, ["--all"], "--all checks every method by name; leave out"),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_line(own, few, capsys, path, more, words):
    assert main(["check-codec", path.format(own=own), *more]) == 2
    error = capsys.readouterr().err
    assert error.startswith("landmarks check-codec: error: ")
    assert words in error
    assert error.count("\n") == 1
    assert not few


@pytest.mark.parametrize("word", ["--heatmapsize", "--sigm"])
def test_a_misspelt_option_is_refused(few, capsys, word):
    with pytest.raises(SystemExit, match="2"):
        main(["check-codec", CONTINUOUS, word, "3"])
    assert word.strip("-") in capsys.readouterr().err


def test_help_shows_the_constructors_arguments(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["check-codec", CONTINUOUS, "--help"])
    out = capsys.readouterr().out
    for option in ("heatmap_size", "sigma", "peak", "markup", "crop_size", "config", "device"):
        assert f"--{option} " in out


def test_help_without_a_class_imports_little():
    code = (
        "import sys\n"
        "from landmarks.cli import main\n"
        "try:\n    main(['check-codec', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(*{'torch', 'matplotlib', 'lightning'} & set(sys.modules), file=sys.stderr)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--all" in shown.stdout
    assert shown.stderr.strip() == ""
