import polars
import pytest

from landmarks.cli import main
from landmarks.commands.crop_option import crop_from
from landmarks.data.crops import AnnotatedFivePoints, FANBox, FivePointAlignment, LandmarkBox
from landmarks.errors import SettingsError
from tests.benchmarks.official.w300 import write_300w

ALIGNED = (
    "{class_path: FivePointAlignment, init_args: "
    "{points: {class_path: AnnotatedFivePoints, init_args: {noise: 0.1}}}}"
)


def test_a_crop_is_a_class_with_or_without_options():
    assert isinstance(crop_from(None), LandmarkBox)
    assert isinstance(crop_from("FANBox"), FANBox)
    assert crop_from("{class_path: LandmarkBox, init_args: {factor: 2}}").factor == 2
    aligned = crop_from(ALIGNED)
    assert isinstance(aligned, FivePointAlignment)
    assert isinstance(aligned.points, AnnotatedFivePoints)
    assert aligned.points.noise == 0.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NoBox", "--crop NoBox: .*expected a class of landmarks.data.crops"),
        ("{class_path: LandmarkBox, init_args: {faktor: 1}}", "'faktor' is not accepted"),
        ("{class_path: LandmarkBox, init_args: {factor: 0}}", "factor 0.0 must be larger than 0"),
    ],
)
def test_a_crop_that_there_is_not_is_one_clear_line(text, message):
    with pytest.raises(SettingsError, match=message) as caught:
        crop_from(text)
    assert "\n" not in str(caught.value)


def test_the_oracle_measures_in_the_crop_that_it_is_given(tmp_path, capsys):
    write_300w(tmp_path, folders=["lfpw/testset"])
    words = ["oracle", "--benchmark", "300w", "--root", str(tmp_path), "--split", "lfpw/testset"]
    words += ["--methods", "argmax", "--crop_size", "64", "--heatmap_sizes", "16"]
    found = {}
    for name, crop in {
        "default": [],
        "aligned": ["--crop", ALIGNED],
        "box": ["--crop=FANBox"],
    }.items():
        output = tmp_path / name
        status = main([*words, "--output", str(output), *crop])
        if name == "box":
            assert status == 2
            assert "comes without a face box" in capsys.readouterr().err
        else:
            assert status == 0
            found[name] = polars.read_csv(output / "oracle.csv")["nme"].item()
    # STAR's window is larger than the landmarks' box, so that a cell is more of the face.
    assert found["aligned"] > 1.05 * found["default"]
