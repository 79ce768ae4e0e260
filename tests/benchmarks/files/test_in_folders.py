import pytest

from landmarks.benchmarks.w300private import W300Private
from landmarks.errors import DataError
from tests.benchmarks.official.w300private import write_300w_private_tree


def test_what_is_there_can_be_prepared_and_what_is_not_is_told(tmp_path):
    write_300w_private_tree(tmp_path)
    benchmark = W300Private(tmp_path)
    benchmark.prepare(["test", "01_Indoor"])
    assert [folder.name for folder in benchmark.needed("test")] == ["01_Indoor", "02_Outdoor"]
    benchmark.needed("01_Indoor")[0].path.rename(tmp_path / "elsewhere")
    assert [folder.name for folder in benchmark.needed("test")] == ["02_Outdoor"]
    with pytest.raises(DataError, match="none of these is there"):
        benchmark.prepare(["test", "01_Indoor"])
    with pytest.raises(ValueError, match="has no split 'train'"):
        benchmark.prepare(["train"])
