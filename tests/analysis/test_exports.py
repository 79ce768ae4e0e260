import re
from dataclasses import replace

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.exports import (
    latex,
    latex_text,
    markdown,
    methods_frame,
    write_tables,
)
from landmarks.analysis.report.content import ConditionReport, Report
from landmarks.analysis.report.table import Column, Table
from landmarks.analysis.report.tables import methods_table
from landmarks.benchmarks import BENCHMARKS
from tests.analysis.report.small_split import small_split

FACTS = BENCHMARKS["300w"].facts


def report(conditions):
    return Report(
        title="made up",
        command="landmarks compare",
        methods=[score.method for score in small_split().scores],
        seeds=[0, 1, 2],
        conditions=[
            ConditionReport(levels, FACTS, "all faces", [small_split()]) for levels in conditions
        ],
        results=polars.DataFrame(),
        trainings=[],
        proofs=[],
        settings={},
        shared_settings="",
        versions={},
    )


def rows_of_latex(text):
    """The body's rows, cell by cell; an escaped ampersand is none."""
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")].splitlines()[1:]
    assert all(line.endswith(r" \\") for line in body)
    return [re.split(r"(?<!\\)&", line.removesuffix(r" \\")) for line in body]


def rows_of_markdown(text):
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_files_are_named_after_condition_and_split(tmp_path):
    files = write_tables(report([{}]), tmp_path / "tables")
    assert [file.name for file in files] == [
        "lfpw-testset.csv", "lfpw-testset.md", "lfpw-testset.tex",
    ]  # fmt: skip
    files = write_tables(report([{"size": "16"}, {"size": "32"}]), tmp_path / "two")
    assert [file.name for file in files if file.suffix == ".tex"] == [
        "size_16-lfpw-testset.tex", "size_32-lfpw-testset.tex",
    ]  # fmt: skip
    assert sorted(file.name for file in (tmp_path / "two").iterdir()) == [f.name for f in files]
    text = files[2].read_text(encoding="utf-8")
    assert r"\caption{size 16: lfpw/testset, 224 faces" in text
    assert r"\label{tab:size-16-lfpw-testset}" in text


def test_the_csv_holds_the_numbers_themselves(tmp_path):
    write_tables(report([{}]), tmp_path)
    table = polars.read_csv(tmp_path / "lfpw-testset.csv")
    assert table["method"].to_list() == ["a%", "b_2", "c & d", "[e]"]
    assert table["nme"].to_list() == [4.5, 4.0, 4.02, 4.4]
    assert table["nme_low"].to_list() == pytest.approx([4.4, 3.9, 3.92, 4.3])
    assert table["difference_to_best"].to_list() == [0.5, None, 0.02, 0.4]
    assert table["verdict"].to_list() == ["worse", "best", "not resolved", "worse"]
    assert table["leading"].to_list() == [False, True, True, False]
    assert table["parameters"].to_list() == [1_234_567] * 3 + [None]


def test_one_method_is_best_without_a_verdict_on_others():
    split = replace(small_split(), scores=small_split().scores[1:2], pairs=[])
    assert methods_frame(split)["verdict"].to_list() == ["best"]


def test_bold_are_the_best_and_all_not_told_apart_from_it():
    table = methods_table(small_split())
    for line in rows_of_latex(latex(table, "tab:x")):
        bold = any(name in line[0] for name in (r"b\_2", r"c \& d"))
        assert (r"\textbf" in line[0]) == bold
        assert (r"\textbf" in line[1]) == bold
    for line in rows_of_markdown(markdown(table))[2:]:
        assert line[0].startswith("**") == (line[0].strip("*") in (r"b\_2", r"c \& d"))
    for text in (latex(table, "tab:x"), markdown(table)):
        assert "Bold: the best method, and all that are not told apart from it." in text


def test_a_row_may_begin_with_a_bracket():
    table = latex(Table("x", [Column("method", ["a", "[b]", "*c"])]), "tab:x")
    assert [line[0].strip() for line in rows_of_latex(table)] == ["a", "{}[b]", "{}*c"]


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)


@settings(deadline=None, max_examples=60)
@given(st.lists(NAMES, min_size=1, max_size=4))
def test_no_name_breaks_a_table(names):
    table = Table("Any, 95 % of 1", [Column("method", names), Column("b", [1.0] * len(names))])
    rows = rows_of_latex(latex(table, "tab:x"))
    assert [len(row) for row in rows] == [2] * len(names)
    for text in (row[0] for row in rows):
        # Outside commands and mathematics nothing is left that LaTeX reads as more than a letter.
        plain = re.sub(r"\\text[a-z]+\{\}|\\ldots\{\}|\\[&%$#_{}]|\$[^$]*\$|^\{\}", "", text)
        assert not set(plain) & set('\\&%$#_{}~^<>|"')
    rows = rows_of_markdown(markdown(table))
    assert [len(row) for row in rows] == [2] * (len(names) + 2)


def test_latex_is_balanced_and_uses_booktabs_alone():
    text = latex(methods_table(small_split()), "tab:x")
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")
    begun = re.findall(r"\\begin\{(\w+)\}", text)
    assert re.findall(r"\\end\{(\w+)\}", text) == begun[::-1]
    assert set(re.findall(r"\\([a-zA-Z]+)", text)) <= {
        "usepackage", "begin", "end", "centering", "caption", "label", "toprule", "midrule",
        "bottomrule", "textbf", "footnotesize", "pm",
    }  # fmt: skip
    assert text.isascii()
    columns = re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)[1]
    assert columns == "lrrlrrrrrrl"


def test_special_characters_are_written_out():
    assert latex_text(r"\{}~^") == (r"\textbackslash{}\{\}\textasciitilde{}\textasciicircum{}")
