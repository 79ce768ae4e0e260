import subprocess
import sys

import polars
import pytest

from landmarks.cli import main
from landmarks.codecs.methods import METHODS


def test_writes_a_table_and_a_plot(tmp_path, capsys):
    output = tmp_path / "new" / "bench"
    assert main(["bench", "codecs", "--quick", "--device", "cpu", "--output", str(output)]) == 0
    assert sorted(path.name for path in output.iterdir()) == ["bench.csv", "bench.svg"]
    table = polars.read_csv(output / "bench.csv")
    assert list(dict.fromkeys(table["method"])) == list(METHODS)
    assert table.filter(polars.col("step") == "decode")["ms"].min() > 0
    assert table["ms"].null_count() == 0
    picture = (output / "bench.svg").read_text()
    assert all(method in picture for method in METHODS)
    printed = capsys.readouterr().out
    assert "(2, 5, 32×32)" in printed
    assert "(≥ 25)" in printed


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--shapes", "2x5"], "'2x5' is no shape"),
        (["--shapes", "2x5x512"], "a heatmap of 1 to 256 cells"),
        (["--methods", "darkk"], "'darkk' is not known; choose from argmax"),
        (["--device", "tpu"], "--device 'tpu' is not known"),
        (["--repeats", "0"], "--repeats 0 must be at least 1"),
        (["--threads", "0"], "--threads 0 must be at least 1"),
    ],
)
def test_bad_settings_are_named_and_nothing_is_written(tmp_path, capsys, more, words):
    assert main(["bench", "codecs", "--output", str(tmp_path / "out"), *more]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_help_explains_every_option_and_imports_little():
    code = (
        "import sys\n"
        "from landmarks.cli import main\n"
        "try:\n    main(['bench', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(*{'torch', 'matplotlib', 'lightning'} & set(sys.modules), file=sys.stderr)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for option in ("shapes", "methods", "device", "threads", "repeats", "quick", "output"):
        assert f"--{option} " in shown.stdout
    assert shown.stderr.strip() == ""
