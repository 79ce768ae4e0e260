import subprocess
import sys

import polars
import pytest

from landmarks.cli import main
from landmarks.codecs.methods import METHODS
from tests.benchmarks.official.w300 import write_300w

FOLDERS = ["helen/testset", "lfpw/testset", "ibug"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("300w")
    write_300w(root, faces_per_folder=2, folders=FOLDERS)
    return root


def command(root, output, *more):
    words = ["oracle", "--benchmark", "300w", "--root", str(root), "--output", str(output)]
    return main([*words, *more])


def test_writes_a_table_and_a_plot(root, tmp_path, capsys):
    output = tmp_path / "new" / "oracle"
    more = ["--split", "lfpw/testset", "--crop_size", "128", "--heatmap_sizes", "32,16,32"]
    assert command(root, output, *more) == 0
    assert sorted(path.name for path in output.iterdir()) == ["oracle.csv", "oracle.svg"]
    table = polars.read_csv(output / "oracle.csv")
    expected = [(method, size) for method in METHODS for size in (16, 32)]
    assert table.select("method", "heatmap_size").rows() == expected
    columns = table.select("method", "heatmap_size", "error_px")
    errors = {(method, size): error for method, size, error in columns.rows()}
    assert set(table["corruption"]) == {"none"}
    # Half the cells, twice the error.
    assert errors["argmax", 16] == pytest.approx(2 * errors["argmax", 32], rel=0.15)
    assert errors["argmax", 32] > errors["quarter_offset", 32] > errors["hih", 32]
    assert errors["hih", 32] > errors["continuous_subpixel", 32] > errors["dark", 32]
    picture = (output / "oracle.svg").read_text()
    assert all(method in picture for method in METHODS)
    printed = capsys.readouterr()
    assert "2 of 224 faces of lfpw/testset" in printed.out
    assert "2 faces, 136 points; 0 left out (0 missing, 0 outside the crop)" in printed.out
    assert all(method in printed.out for method in METHODS)
    assert "NME under 300w/inter_ocular" in printed.out
    assert f"{2 * len(METHODS)}/{2 * len(METHODS)}" in printed.err


def test_corruptions_are_swept_over_their_levels(root, tmp_path, capsys):
    small = ["--split", "ibug", "--crop_size", "64", "--heatmap_sizes", "32"]
    more = ["--methods", "argmax,dark,hih", "--sigma", "1.5", "--draws", "2", "--seed", "3"]
    swept = ["--corruption", "width", "--level", "2,1", "--corruption", "border", "--level=-3"]
    on_top = ["--on_top", "white_noise=0.05", "--on_top", "float16=1"]
    assert command(root, tmp_path, *small, *more, *swept, *on_top) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "border.svg",
        "oracle.csv",
        "width.svg",
    ]
    table = polars.read_csv(tmp_path / "oracle.csv")
    top = " + white_noise 0.05 + float16 1"
    assert table.select("method", "corruption", "level").rows() == [
        (method, name + top, level)
        for method in ("argmax", "dark", "hih")
        for name, level in (("width", 1.0), ("width", 2.0), ("border", -3.0))
    ]
    assert table["error_px"].is_null().to_list() == [False] * 6 + [True, True, False]
    assert table["sigma"].to_list() == [1.5] * 6 + [None] * 3
    assert table["note"].to_list()[6].startswith("Width redraws maps")
    printed = capsys.readouterr().out
    assert f"width{top}, level 2" in printed
    assert "Width redraws maps" in printed
    assert "standard error" in printed


def test_the_split_is_the_first_test_split_unless_told(root, tmp_path, capsys):
    assert command(root, tmp_path, "--crop_size", "64", "--heatmap_sizes", "16") == 0
    assert "6 of 689 test faces of the full set" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--benchmark", "400w"], "--benchmark '400w' is not known; choose one of"),
        (["--split", "trian"], "--split 'trian': 300W has no such split; choose one of train"),
        (["--heatmap_sizes", "32,512"], "512 cells is larger than the crop of 256 pixels"),
        (["--crop_size", "32"], "64 cells is larger than the crop of 32 pixels"),
        (["--heatmap_sizes", "32;64"], "'32;64' is no whole number"),
        (["--heatmap_sizes", "32,"], "'' is no whole number"),
        (["--heatmap_sizes", "0"], "at least 1 cell"),
        (["--crop_size", "-4"], "--crop_size -4 must be at least 1 pixel"),
        (["--split", "private"], "none of these is there"),
        (["--methods", "darkk"], "'darkk' is not known; choose from argmax"),
        (["--corruption", "blur", "--level", "1"], "corruption 'blur' is not known; choose one of"),
        (["--corruption", "width"], "1 --corruption and 0 --level"),
        (["--corruption", "width", "--level", "1;2"], "--level '1;2' is no number"),
        (["--corruption", "elongated", "--level", "0.5"], "of level 0.5: ratio of the axes"),
        (["--on_top", "width=2"], "--on_top width=2 needs a --corruption"),
        (["--corruption", "width", "--level", "2", "--on_top", "float16"], "--on_top 'float16'"),
        (["--corruption", "width", "--level", "2"] * 2, "--corruption width is given twice"),
        (["--sigma", "0"], "--sigma 0.0 must be a number of cells above 0"),
        (["--draws", "0"], "--draws 0 must be at least 1"),
        (["--seed", "-1"], "--seed -1 must be at least 0"),
    ],
)
def test_bad_settings_are_named_and_nothing_is_written(root, tmp_path, capsys, more, words):
    assert command(root, tmp_path / "out", *more) == 2
    error = capsys.readouterr().err
    assert error.startswith("landmarks oracle: error: ")
    assert words in error
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_a_file_is_refused(root, tmp_path, capsys):
    (tmp_path / "out").write_text("mine")
    assert command(root, tmp_path / "out") == 2
    assert "is a file; name a folder" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


def test_a_damaged_annotation_is_named(tmp_path, capsys):
    write_300w(tmp_path, faces_per_folder=2, folders=["ibug"])
    (file,) = tmp_path.glob("ibug/*_0001.pts") or tmp_path.glob("ibug/*1.pts")
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:3] + lines[4:]))
    assert command(tmp_path, tmp_path / "out", "--split", "ibug") == 2
    assert str(file) in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["--heatmap_size", "64"], ["--crop_size", "large"]])
def test_a_misspelt_or_mistyped_option_is_refused(root, tmp_path, capsys, words):
    with pytest.raises(SystemExit, match="2"):
        command(root, tmp_path / "out", *words)
    assert words[0].strip("-") in capsys.readouterr().err


def test_help_explains_every_option_and_imports_little():
    code = (
        "import sys\n"
        "from landmarks.cli import main\n"
        "try:\n    main(['oracle', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(*{'torch', 'matplotlib', 'lightning'} & set(sys.modules), file=sys.stderr)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    options = ("benchmark", "root", "split", "crop_size", "heatmap_sizes", "methods", "corruption")
    for option in (*options, "level", "on_top", "sigma", "draws", "seed", "output"):
        assert f"--{option} " in shown.stdout
    assert shown.stderr.strip() == ""
