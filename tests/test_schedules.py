import pytest
import torch

from landmarks.schedules import OneCycle, Steps


def rates(schedule, steps, **settings):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    scheduler = schedule(optimizer, steps, **settings)
    found = []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return found


def test_one_cycle_rises_and_falls():
    found = rates(OneCycle, 100, rise=0.2, start=0.1, end=0.01)
    assert found[0] == pytest.approx(0.2)
    assert max(found) == found[20] == pytest.approx(2.0)
    assert found[:21] == sorted(found[:21])
    assert found[20:] == sorted(found[20:], reverse=True)
    assert found[10] == pytest.approx(1.1)
    assert found[60] == pytest.approx(1.01)
    assert found[-1] == pytest.approx(0.02, rel=0.05)


def test_one_cycle_survives_a_single_step():
    assert rates(OneCycle, 1)[0] == pytest.approx(0.08)


def test_steps_drop_at_their_milestones():
    found = rates(Steps, 60, milestones=(0.5, 5 / 6), factor=0.1)
    assert found[29] == pytest.approx(2.0)
    assert found[30] == found[49] == pytest.approx(0.2)
    assert found[50] == found[59] == pytest.approx(0.02)
