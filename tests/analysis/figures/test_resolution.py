import pytest

from landmarks.analysis.decomposition import ResolutionPoint
from landmarks.analysis.figures import method_looks, resolution_alt, resolution_figure
from tests.analysis.figures.drawn import ENDLESS, estimate, is_within, names, write_twice


def point(method, size, nme, axis="heatmap_size", trained=False):
    return ResolutionPoint(method, {}, "ibug", axis, size, nme, trained, 20, 2)


def points(count):
    return [
        point(name, size, estimate(3 + 20 / size + 0.1 * place), axis, size == 64)
        for place, name in enumerate(names(count))
        for axis in ("heatmap_size", "crop_size")
        for size in (64, 16, 32, 128)
    ]


def test_lines_go_through_all_points_and_markers_stand_where_networks_were_trained():
    figure = resolution_figure(points(2), "NME", method_looks(names(3)))
    assert [axes.get_title() for axes in figure.axes] == [
        "error against heatmap resolution",
        "error against input resolution",
    ]
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert axes.xaxis.get_transform().base == 2
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) == 4]
    assert [line.get_xdata().tolist() for line in lines] == [[16, 32, 64, 128]] * 2
    assert lines[0].get_ydata().tolist() == [3 + 20 / size for size in (16, 32, 64, 128)]
    bars = axes.containers
    assert [bar[0].get_xdata().tolist() for bar in bars] == [[64], [64]]
    low, high = bars[0][2][0].get_segments()[0][:, 1]
    assert (low, high) == pytest.approx((3 + 20 / 64 - 0.2, 3 + 20 / 64 + 0.2))
    assert axes.get_xticks().tolist() == [16, 32, 64, 128]


@pytest.mark.parametrize("count", [1, 14])
def test_any_number_of_methods_can_be_drawn(count, tmp_path):
    assert is_within(resolution_figure(points(count), "NME"))
    write_twice(lambda: resolution_figure(points(count), "NME"), tmp_path)


def test_one_size_endless_errors_and_nothing_can_be_drawn(tmp_path):
    hard = [point("lost", 24, ENDLESS), point("one", 24, estimate(3.0), trained=True)]
    write_twice(lambda: resolution_figure(hard, "NME"), tmp_path)
    assert resolution_figure(hard, "NME").axes[0].get_xticks().tolist() == [24]
    assert "lowest NME at 24 one with 3.00 %" in resolution_alt(hard)
    assert "crop size" in resolution_alt(points(2))
    assert len(resolution_figure(hard, "NME").axes) == 1
