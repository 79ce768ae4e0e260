from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.analysis.experiment import Experiment
from landmarks.analysis.matrix import overlay
from landmarks.errors import SettingsError

NAMES = st.sampled_from("abc")
TREES = st.recursive(
    st.integers(), lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(NAMES, TREES), st.dictionaries(NAMES, TREES))
@settings(max_examples=30, deadline=None)
def test_a_change_stands_and_the_rest_stays(below, above):
    def check(merged, old, change):
        for name in {*old, *change}:
            if name not in change:
                assert merged[name] == old[name]
            elif isinstance(change[name], dict) and isinstance(old.get(name), dict):
                check(merged[name], old[name], change[name])
            else:
                assert merged[name] == change[name]

    check(overlay(below, above), below, above)


SHARED = """
model:
  crop_size: 64
  network: {class_path: N, init_args: {width: 8}}
data: {class_path: landmarks.datamodules.W300Data, init_args: {root: there, batch_size: 4}}
methods:
  maps: {codec: {class_path: landmarks.codecs.HIH, init_args: {sigma: 1.0}}}
  bins: {codec: {class_path: landmarks.codecs.Coordinates}}
"""


def read(folder, matrix, shared=SHARED):
    path = folder / "tried.yaml"
    path.write_text(f"{shared}\nmatrix:\n{matrix}", encoding="utf-8")
    return Experiment.read(path)


def laid(experiment, method):
    return [
        (dict(condition.levels), experiment.settings(method, condition, 0, Path("out")))
        for condition in experiment.conditions
    ]


def test_without_a_matrix_there_is_one_condition_without_a_name(tmp_path):
    path = tmp_path / "plain.yaml"
    path.write_text(SHARED, encoding="utf-8")
    (condition,) = Experiment.read(path).conditions
    assert (condition.name, condition.slug, dict(condition.levels)) == ("", "", {})


def test_all_combinations_are_conditions_and_the_last_axis_varies_fastest(tmp_path):
    matrix = "  model.crop_size: [32, 64]\n  model.codec.heatmap_size: [8, 16]\n"
    found = laid(read(tmp_path, matrix), "maps")
    assert [levels for levels, _ in found] == [
        {"crop_size": crop, "heatmap_size": size} for crop in ("32", "64") for size in ("8", "16")
    ]
    for levels, laid_over in found:
        model = laid_over["model"]
        assert model["crop_size"] == int(levels["crop_size"])
        # The option had not been named: it is one that the codec's class takes.
        assert model["codec"]["init_args"] == {
            "sigma": 1.0,
            "heatmap_size": int(levels["heatmap_size"]),
        }


def test_a_condition_names_its_levels(tmp_path):
    matrix = "  model.crop_size: [32]\n  backbone: {small: , large: {model: {network: {}}}}\n"
    conditions = read(tmp_path, matrix).conditions
    assert [condition.name for condition in conditions] == [
        "crop_size 32, backbone small",
        "crop_size 32, backbone large",
    ]
    assert conditions[1].slug == "crop_size_32-backbone_large"


def test_a_method_without_the_option_stays_as_it_is(tmp_path):
    experiment = read(tmp_path, "  model.codec.heatmap_size: [8, 16]\n")
    first, second = (settings["model"]["codec"] for _, settings in laid(experiment, "bins"))
    assert first == second == {"class_path": "landmarks.codecs.Coordinates"}


def test_named_levels_change_model_and_data(tmp_path):
    matrix = """
  backbone:
    small: {model: {network: {init_args: {width: 4}}}}
    other: {model: {network: {class_path: M}}}
  benchmark:
    300w: {}
    wflw: {data: {class_path: landmarks.datamodules.WFLWData, init_args: {root: elsewhere}}}
"""
    found = laid(read(tmp_path, matrix), "maps")
    networks = [settings["model"]["network"] for _, settings in found]
    assert networks[0] == networks[1] == {"class_path": "N", "init_args": {"width": 4}}
    assert networks[2] == networks[3] == {"class_path": "M"}
    # What a level does not name stays the same, the batch among it.
    assert found[0][1]["data"]["init_args"] == {"root": "there", "batch_size": 4}
    assert found[1][1]["data"] == {
        "class_path": "landmarks.datamodules.WFLWData",
        "init_args": {"root": "elsewhere", "batch_size": 4},
    }


def test_laying_a_condition_changes_nothing_else(tmp_path):
    experiment = read(tmp_path, "  model.codec.heatmap_size: [8, 16]\n")
    before = laid(experiment, "maps")
    assert laid(experiment, "maps") == before
    assert "heatmap_size" not in str(experiment.methods)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ("  model.codec.heatmap_sizes: [8]", "no method has the option 'model.codec.heatmap_s"),
        ("  model.codec.depth.width: [8]", "no method has the option"),
        ("  heatmap_size: [8]", "must be the place of an option below model or data"),
        ("  trainer.max_epochs: [8]", "must be the place of an option below model or data"),
        ("  model.crop_size: [8, 8]", "expected different values"),
        ("  model.crop_size: []", "has no levels"),
        ("  model.crop_size: [{a: 1}]", "need names"),
        ("  model.crop_size: ['a/b']", "'a/b' cannot name a level"),
        ("  model.crop_size: 8", "cannot name an axis with named levels"),
        ("  backbone: 8", "backbone is 8; expected a list of values, or levels by name"),
        ("  backbone: {small: 8}", "level 'small' of backbone is 8"),
        ("  backbone: {small: {trainer: {}}}", "level 'small' of backbone is"),
        ("  seed: {a: {}}", "a second column 'seed' would stand in the tables"),
        ("  model.crop_size: [8]\n  crop_size: {a: {}}", "a second column 'crop_size'"),
        ("  - a", "matrix is"),
    ],
)
def test_a_wrong_matrix_names_the_file_and_the_fault(matrix, message, tmp_path):
    with pytest.raises(SettingsError, match=message) as caught:
        read(tmp_path, matrix)
    assert "tried.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)
