import pytest

from landmarks.benchmarks import BENCHMARKS
from landmarks.data_check.finding import DAMAGED, MIRROR_TABLE, UNREADABLE
from landmarks.data_check.suite import check_benchmark
from landmarks.data_check.tables import summary, verdict
from tests.benchmarks.official.trees import TREES


@pytest.mark.parametrize("name", TREES)
def test_every_reader_goes_through_the_check(name, tmp_path):
    """All that was written is read; drawn faces look alike, so that other kinds may be there."""
    truth = TREES[name].write(tmp_path)
    report = check_benchmark(BENCHMARKS[name](tmp_path), list(truth), partial=True)
    bad = {UNREADABLE, DAMAGED, MIRROR_TABLE} & {finding.kind for finding in report.findings}
    assert not bad, summary(report)
    counts = {row.name: row.read for row in report.counts if row.what == "split"}
    assert counts == {split: len(faces) for split, faces in truth.items()}
    assert summary(report).endswith(verdict(report))
