from landmarks.benchmarks import BENCHMARKS
from landmarks.cli import main


def test_it_names_all_benchmarks(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["data", "list"]) == 0
    printed = capsys.readouterr().out
    for name in BENCHMARKS:
        assert f"\n{name} " in printed
    assert "A YAML file that describes your own data stands wherever a name does" in printed
    table = printed.partition("\n\n")[0]
    assert max(map(len, table.splitlines())) <= 80
