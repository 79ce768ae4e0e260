import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import distributed, multiprocessing

from landmarks.metrics.face_errors import (
    AreaUnderCED,
    FaceErrorMetric,
    FailureRate,
    NormalisedMeanError,
)

MAKERS = [NormalisedMeanError, FailureRate, AreaUnderCED]


def errors_of(count: int) -> torch.Tensor:
    """Errors of very different size, so that the order of a naive sum shows."""
    exponent = torch.rand(count, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    return 10 ** (exponent * 6 - 6)


def value(metric: FaceErrorMetric, nme: torch.Tensor, faces: list[int], batch_size: int) -> float:
    for start in range(0, len(faces), batch_size):
        face = torch.tensor(faces[start : start + batch_size])
        metric.update(nme[face], face)
    return float(metric.compute())


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (NormalisedMeanError(), math.fsum([0.01, 0.06, 0.09, 0.11]) / 4),
        (FailureRate(0.08), 2 / 4),
        (FailureRate(), 1 / 4),
        (AreaUnderCED(0.10), math.fsum([0.9, 0.4, 0.1, 0]) / 4),
    ],
)
def test_value(metric, expected):
    metric.update(torch.tensor([0.01, 0.06], dtype=torch.float64), torch.tensor([0, 3]))
    metric.update(torch.tensor([0.09, 0.11], dtype=torch.float64), torch.tensor([2, 1]))
    result = metric.compute()
    assert result.dtype == torch.float64
    assert float(result) == pytest.approx(expected, rel=1e-14)


@settings(deadline=None, max_examples=15)
@given(
    order=st.permutations(range(23)),
    again=st.lists(st.integers(0, 22), max_size=5),
    batch_size=st.integers(1, 30),
)
def test_order_batches_and_repeated_faces_do_not_change_a_digit(order, again, batch_size):
    nme = errors_of(23)
    for maker in MAKERS:
        straight = value(maker(), nme, list(range(23)), 23)
        assert value(maker(), nme, [*order, *again], batch_size) == straight


def test_of_two_errors_of_a_face_the_larger_counts_in_any_order():
    for nme in ([0.1, 0.3, 0.2], [0.3, 0.2, 0.1]):
        metric = NormalisedMeanError()
        metric.update(torch.tensor(nme, dtype=torch.float64), torch.tensor([5, 5, 5]))
        assert float(metric.compute()) == 0.3


def test_a_lost_face_counts():
    nme, face = torch.tensor([0.0, math.nan]), torch.tensor([0, 1])
    values = [float(metric(nme, face)) for metric in (maker() for maker in MAKERS)]
    assert values == [math.inf, 0.5, 0.5]


def test_half_precision_of_the_module_does_not_touch_the_states():
    metric = NormalisedMeanError().half()
    metric.update(torch.tensor([0.1], dtype=torch.float64), torch.tensor([2**40 + 1]))
    assert float(metric.half().compute()) == 0.1
    assert metric.face[0].tolist() == [2**40 + 1]


def test_reset_and_forward():
    metric = NormalisedMeanError()
    assert float(metric(torch.tensor([0.5]), torch.tensor([0]))) == 0.5
    assert float(metric(torch.tensor([0.25]), torch.tensor([1]))) == 0.25
    assert float(metric.compute()) == 0.375
    metric.reset()
    assert float(metric(torch.tensor([1.0]), torch.tensor([0]))) == 1.0
    assert float(metric.compute()) == 1.0


def test_a_collection_shares_states_and_keeps_thresholds_apart():
    from torchmetrics import MetricCollection  # behind landmarks, which makes it importable

    collection = MetricCollection({"fr5": FailureRate(0.05), "fr10": FailureRate(0.10)})
    collection.update(torch.tensor([0.01, 0.07]), torch.tensor([0, 1]))
    collection.update(torch.tensor([0.08]), torch.tensor([2]))
    values = {name: float(result) for name, result in collection.compute().items()}
    assert values == {"fr5": pytest.approx(2 / 3), "fr10": 0.0}


@pytest.mark.parametrize("maker", MAKERS)
def test_no_faces_make_no_number(maker):
    metric = maker()
    with (
        pytest.warns(UserWarning, match="before the ``update``"),
        pytest.raises(ValueError, match="there are no faces"),
    ):
        metric.compute()


@pytest.mark.parametrize("maker", [FailureRate, AreaUnderCED])
def test_a_senseless_threshold_is_refused(maker):
    with pytest.raises(ValueError, match="threshold is 0"):
        maker(0)


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        FaceErrorMetric()


@pytest.mark.parametrize("maker", MAKERS)
def test_plot(maker):
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    metric = maker()
    metric.update(torch.tensor([0.05]), torch.tensor([0]))
    figure, axes = metric.plot()
    assert axes.lines
    pyplot.close(figure)


# --- several processes ---

CASES = {
    # faces, batch size, whether the split is padded as DistributedSampler pads it
    "odd, padded": (101, 7, True),
    "odd, unpadded": (101, 16, False),
    "fewer batches on one side": (5, 1, False),
    "a process without a face": (1, 4, False),
    "one face on both": (1, 4, True),
}


def _measure(rank: int, world: int, folder: str) -> None:
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=world
    )
    results = {}
    for name, (count, batch_size, padded) in CASES.items():
        faces = list(range(count))
        if padded:
            faces += faces[: -count % world]
        mine = faces[rank::world]
        for maker in MAKERS:
            results[f"{name}: {maker.__name__}"] = value(
                maker(), errors_of(count), mine, batch_size
            ).hex()
            metric = maker()
            metric.update(torch.zeros(0), torch.zeros(0, dtype=torch.int64))
            results[f"{name}, after an empty batch: {maker.__name__}"] = value(
                metric, errors_of(count), mine, batch_size
            ).hex()
    with open(f"{folder}/{rank}.json", "w", encoding="utf-8") as file:
        json.dump(results, file)
    distributed.destroy_process_group()


def test_two_processes_give_the_value_of_one_to_the_last_digit(tmp_path):
    multiprocessing.spawn(_measure, args=(2, str(tmp_path)), nprocs=2)
    for rank in range(2):
        results = json.loads((tmp_path / f"{rank}.json").read_text())
        assert len(results) == 2 * len(CASES) * len(MAKERS)
        for key, got in results.items():
            case, maker = key.split(": ")
            count, batch_size, _ = CASES[case.removesuffix(", after an empty batch")]
            alone = next(m for m in MAKERS if m.__name__ == maker)()
            expected = value(alone, errors_of(count), list(range(count)), batch_size)
            assert float.fromhex(got) == expected, f"process {rank}, {key}"
