import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.backbones.mobilenet import MobileNetV2
from landmarks.backbones.network import PyramidNetwork
from landmarks.batch import Batch
from landmarks.codecs import HIH, ContinuousHeatmap, IntegerHeatmap
from landmarks.geometry import (
    Size,
    apply_affine,
    compose_affine,
    inside,
    invert_affine,
    photo_from_crop_affine,
)
from landmarks.markups import MARKUP_19
from landmarks.objectives import Siamese, Supervised

CROP = Size(64, 64)
CODECS = [
    ContinuousHeatmap(MARKUP_19, CROP, 16),
    IntegerHeatmap(MARKUP_19, CROP, 16),
    HIH(MARKUP_19, CROP, 16),
]
PHOTO_SIDE = 128.0


def placed(rotation=0.0, side=PHOTO_SIDE, x=100.0, y=80.0, mirrored=False):
    return photo_from_crop_affine((x, y), side, CROP, rotation, mirrored)


def view_of(points_photo, photo_from_crop):
    """The batch of a view: points as the data room makes them, pictures of noise."""
    faces = len(points_photo)
    mirrored = torch.det(photo_from_crop[:, :2]) < 0
    photo_from_crop = photo_from_crop.expand(faces, 2, 3)
    points = apply_affine(invert_affine(photo_from_crop), points_photo)
    if mirrored:
        points = points[:, MARKUP_19.mirror_index]
    return Batch(
        image=torch.randn(faces, 3, *CROP),
        points=points.float(),
        weight=inside(points, CROP).float(),
        photo_from_crop=photo_from_crop,
        face=torch.arange(faces) + 5,
    )


def joined(*views):
    return Batch(*(torch.cat(parts) for parts in zip(*views, strict=True)))


def middle_points(faces=2, spread=25.0, seed=0):
    """Points of the photo that every view shown here shows well inside its borders."""
    generator = torch.Generator().manual_seed(seed)
    offsets = (2 * torch.rand(faces, 19, 2, generator=generator, dtype=torch.float64) - 1) * spread
    return offsets + torch.tensor([100.0, 80.0], dtype=torch.float64)


class Told:
    """Answers in a network's place: with given fields, one call after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def __call__(self, image):
        return [self.answers.pop(0)]


def encoded(codec, batch):
    return {name: field.clone() for name, field in codec.encode(batch.points).items()}


def watched(fields):
    return {name: field.clone().requires_grad_() for name, field in fields.items()}


def consistency(codec, first, second, answers=None, weight=1.0):
    answers = answers or (encoded(codec, first), encoded(codec, second))
    return Siamese(Supervised(), weight)(Told(*answers), codec, joined(first, second))[
        "consistency"
    ]


def small_network(codec):
    torch.manual_seed(3)
    return PyramidNetwork(codec.fields, CROP, MobileNetV2(0.35), width=16).train()


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: type(codec).__name__)
def test_supervised_sums_over_the_stages(codec):
    batch = view_of(middle_points(), placed())
    stages = [
        {name: torch.randn_like(field) for name, field in encoded(codec, batch).items()}
        for _ in range(3)
    ]
    terms = Supervised()(lambda image: stages, codec, batch)
    targets = codec.encode(batch.points)
    expected = sum(codec.loss(stage, targets, batch.weight) for stage in stages)
    assert list(terms) == ["supervised"]
    torch.testing.assert_close(terms["supervised"], expected)
    alone = Supervised()(lambda image: stages[:1], codec, batch)["supervised"]
    assert 0 < alone < terms["supervised"]


def test_supervised_is_zero_for_the_encoded_truth():
    codec = CODECS[0]
    batch = view_of(middle_points(), placed())
    assert Supervised()(Told(encoded(codec, batch)), codec, batch)["supervised"] == 0


def test_points_of_no_weight_teach_nothing():
    codec = CODECS[0]
    batch = view_of(middle_points(), placed())
    batch.points[0, 3] = torch.nan
    batch.weight[0, 3] = 0
    output = watched({"heatmap": torch.randn(2, 19, 16, 16)})
    Supervised()(Told(output), codec, batch)["supervised"].backward()
    gradient = output["heatmap"].grad
    assert gradient[0, 3].abs().max() == 0
    assert (gradient.abs().amax(dim=(-2, -1)) > 0).sum() == 2 * 19 - 1


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: type(codec).__name__)
def test_without_weight_it_is_the_mean_over_the_views(codec):
    first = view_of(middle_points(4), placed(rotation=10.0))
    second = view_of(middle_points(4), placed(rotation=-20.0, side=110.0, mirrored=True))
    network = small_network(codec)
    plain_network = copy.deepcopy(network)

    terms = Siamese(Supervised(), 0.0)(network, codec, joined(first, second))
    plain = [Supervised()(plain_network, codec, view)["supervised"] for view in (first, second)]
    assert list(terms) == ["supervised"]
    assert terms["supervised"].item() == ((plain[0] + plain[1]) / 2).item()
    # The running statistics of the batch norms too.
    for (name, mine), plain_buffer in zip(
        network.named_buffers(), plain_network.buffers(), strict=True
    ):
        assert torch.equal(mine, plain_buffer), name

    terms["supervised"].backward()
    ((plain[0] + plain[1]) / 2).backward()
    for (name, mine), plain_weight in zip(
        network.named_parameters(), plain_network.parameters(), strict=True
    ):
        assert mine.grad is not None, name
        torch.testing.assert_close(mine.grad, plain_weight.grad, rtol=1e-5, atol=1e-8)


def test_with_a_weight_the_supervised_term_stays_and_consistency_is_added():
    codec = CODECS[0]
    batch = joined(
        view_of(middle_points(), placed(rotation=10.0)), view_of(middle_points(), placed())
    )
    network = small_network(codec)
    without = Siamese(Supervised(), 0.0)(copy.deepcopy(network), codec, batch)
    once = Siamese(Supervised(), 1.0)(copy.deepcopy(network), codec, batch)
    twice = Siamese(Supervised(), 2.5)(copy.deepcopy(network), codec, batch)
    assert list(once) == ["supervised", "consistency"]
    assert once["supervised"].item() == without["supervised"].item()
    assert once["consistency"] > 0
    assert twice["consistency"].item() == pytest.approx(2.5 * once["consistency"].item(), rel=1e-5)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: type(codec).__name__)
def test_answers_that_agree_exactly_cost_nothing(codec):
    view = view_of(middle_points(), placed())
    # Both views are the same: resampling moves nothing.
    assert consistency(codec, view, view) < 1e-9


@settings(deadline=None, max_examples=20)
@given(
    first_rotation=st.floats(-40, 40),
    second_rotation=st.floats(-40, 40),
    x=st.floats(94, 106),
    y=st.floats(74, 86),
    first_mirrored=st.booleans(),
    second_mirrored=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_true_answers_are_consistent_in_any_two_views(
    first_rotation, second_rotation, x, y, first_mirrored, second_mirrored, seed
):
    codec = CODECS[0]
    points = middle_points(seed=seed)
    first = view_of(points, placed(first_rotation, mirrored=first_mirrored))
    second = view_of(points, placed(second_rotation, x=x, y=y, mirrored=second_mirrored))
    agreed = consistency(codec, first, second)
    # Two cells off: the yardstick for what resampling rounds away.
    moved = first._replace(points=first.points + 8.0)
    apart = consistency(codec, first, second, (encoded(codec, moved), encoded(codec, second)))
    assert agreed < 0.03 * apart


def test_consistency_grows_as_the_answers_part():
    codec = CODECS[0]
    points = middle_points()
    first = view_of(points, placed(rotation=15.0))
    second = view_of(points, placed(rotation=-10.0, mirrored=True))
    costs = []
    for shift in (0.0, 1.0, 2.0, 4.0, 8.0):
        moved = second._replace(points=second.points + torch.tensor([shift, 0.0]))
        answers = encoded(codec, first), encoded(codec, moved)
        costs.append(float(consistency(codec, first, second, answers)))
    assert costs == sorted(costs)
    assert costs[2] > 3 * costs[0]


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: type(codec).__name__)
@pytest.mark.parametrize("mirrored_view", [0, 1])
def test_left_and_right_change_places_in_a_mirrored_view(codec, mirrored_view):
    # Off the edges between cells and bins, where a mirrored point may round to the other side.
    cells = torch.randint(3, 12, (2, 19, 2), generator=torch.Generator().manual_seed(1))
    upright_points = (cells * 4 + 1.5 + 0.7).double()
    points = apply_affine(placed().expand(2, 2, 3), upright_points)
    upright, mirrored = view_of(points, placed()), view_of(points, placed(mirrored=True))
    views = (mirrored, upright) if mirrored_view == 0 else (upright, mirrored)
    assert consistency(codec, *views) < 1e-7
    # Had left and right kept their names, the two would disagree.
    named = mirrored._replace(points=mirrored.points[:, MARKUP_19.mirror_index])
    answers = tuple(encoded(codec, named if view is mirrored else view) for view in views)
    assert consistency(codec, *views, answers) > 1e-3


def test_two_mirrored_views_agree():
    codec = CODECS[0]
    view = view_of(middle_points(), placed(rotation=5.0, mirrored=True))
    assert consistency(codec, view, view) < 1e-9


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: type(codec).__name__)
def test_a_gradient_flows_to_both_views(codec):
    points = middle_points()
    first = view_of(points, placed(rotation=15.0))
    second = view_of(points, placed(rotation=-10.0, mirrored=True))
    answers = watched(encoded(codec, first)), watched(encoded(codec, second))
    noisy = tuple(
        {name: field + 0.1 * torch.randn_like(field) for name, field in answer.items()}
        for answer in answers
    )
    consistency(codec, first, second, noisy).backward()
    # A decimal map cannot be resampled: it teaches the first view only.
    resampled = "integer" if isinstance(codec, HIH) else "heatmap"
    for answer in answers:
        strength = answer[resampled].grad.abs().amax(dim=(-2, -1))
        assert (strength > 0).all()


def test_points_outside_the_second_view_carry_no_weight():
    codec = CODECS[0]
    points = middle_points(spread=40.0)
    first = view_of(points, placed())
    second = view_of(points, placed(x=150.0))
    shown = second.weight.bool()
    assert first.weight.all()
    assert shown.any()
    assert not shown.all()
    answers = tuple(watched({"heatmap": torch.randn(2, 19, 16, 16)}) for _ in range(2))
    cost = consistency(codec, first, second, answers)
    cost.backward()
    for answer in answers:
        strength = answer["heatmap"].grad.abs().amax(dim=(-2, -1))
        assert (strength[~shown] == 0).all()
    assert (answers[0]["heatmap"].grad.abs().amax(dim=(-2, -1))[shown] > 0).all()

    first_from_second = compose_affine(
        invert_affine(first.photo_from_crop), second.photo_from_crop
    ).float()
    warped = codec.warp(answers[1], first_from_second)["heatmap"]
    squares = (answers[0]["heatmap"] - warped).square().mean(dim=(-2, -1))
    torch.testing.assert_close(cost, squares[shown].mean())


def test_points_outside_the_first_view_or_missing_carry_no_weight():
    codec = CODECS[0]
    points = middle_points(spread=40.0)
    points[1, 4] = torch.nan
    first = view_of(points, placed(x=150.0))
    second = view_of(points, placed())
    answers = tuple(watched({"heatmap": torch.randn(2, 19, 16, 16)}) for _ in range(2))
    consistency(codec, first, second, answers).backward()
    counted = answers[0]["heatmap"].grad.abs().amax(dim=(-2, -1)) > 0
    assert torch.equal(counted, first.weight.bool())
    assert not counted[1, 4]


def test_views_that_share_no_point_cost_nothing():
    codec = CODECS[0]
    points = middle_points()
    first, second = view_of(points, placed()), view_of(points, placed(x=500.0))
    answers = tuple(watched({"heatmap": torch.randn(2, 19, 16, 16)}) for _ in range(2))
    cost = consistency(codec, first, second, answers)
    assert cost == 0
    cost.backward()
    assert answers[0]["heatmap"].grad.abs().max() == 0


def test_the_last_stage_is_what_is_compared():
    codec = CODECS[0]
    view = view_of(middle_points(), placed())
    good = encoded(codec, view)
    bad = [{"heatmap": torch.randn_like(good["heatmap"])} for _ in range(2)]
    for last_agrees in (True, False):
        stages = iter([[each, good] if last_agrees else [good, each] for each in bad])
        terms = Siamese(Supervised())(lambda image, s=stages: next(s), codec, joined(view, view))
        assert (terms["consistency"] < 1e-9) == last_agrees


@pytest.mark.parametrize("weight", [-0.1, math.nan])
def test_a_negative_weight_is_refused(weight):
    with pytest.raises(ValueError, match="must be at least 0"):
        Siamese(Supervised(), weight)


def test_a_base_that_asks_for_two_views_is_refused():
    with pytest.raises(ValueError, match="Siamese asks for 2 views"):
        Siamese(Siamese(Supervised()))


def test_batches_that_are_not_two_views_of_the_same_faces_are_refused():
    codec = CODECS[0]
    points = middle_points(3)
    view = view_of(points, placed())
    other = view._replace(face=view.face + 1)
    for batch in (view, joined(view, other), joined(view, view, view)):
        with pytest.raises(ValueError, match="two views of each face"):
            Siamese(Supervised())(Told(), codec, batch)
