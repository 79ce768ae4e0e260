"""What every codec promises, whatever its parameters."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarks.geometry import Size, apply_affine, flip_affine
from tests.codecs.methods import ALL, NAMED

NAN = math.nan


@pytest.fixture(params=ALL)
def codec(request):
    return ALL[request.param]()


@pytest.fixture(params=NAMED)
def named_codec(request):
    return NAMED[request.param]()


def faces_of(points, codec):
    """Any number of points as faces; the last face is filled with the first point."""
    count = codec.markup.count
    missing = -len(points) % count
    return torch.cat([points, points[:1].expand(missing, 2)]).reshape(-1, count, 2)


def round_trip(codec, points, change=lambda outputs: outputs):
    """(N, 2) crop pixels, encoded and decoded."""
    parts = [
        codec.decode(change(codec.encode(faces))).points.reshape(-1, 2)
        for faces in faces_of(points, codec).split(64)
    ]
    return torch.cat(parts)[: len(points)]


def product(columns, rows):
    ys, xs = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([xs, ys], dim=-1).reshape(-1, 2)


def phases(codec, count=16, cell=None):
    """Every pair of ``count`` phases along both axes, over one cell at the crop's middle."""
    stride = codec.grid.stride
    offsets = ((torch.arange(count) + 0.5) / count - 0.5) * stride
    height, width = codec.grid.size
    middle = codec.grid.to_crop(torch.tensor([width // 2, height // 2]))
    return product(middle[0] + offsets, middle[1] + offsets)


def border(codec, count=401):
    """A dense sweep along the crop's edges and of its outer cells."""
    height, width = codec.crop_size
    across = torch.linspace(-0.5, width - 0.5, count)
    down = torch.linspace(-0.5, height - 0.5, count)
    deep = torch.rand(count, generator=torch.Generator().manual_seed(0)) * 4 * codec.grid.stride
    return torch.cat(
        [
            torch.stack([across, deep - 0.5], dim=1),
            torch.stack([across, height - 0.5 - deep], dim=1),
            torch.stack([deep - 0.5, down], dim=1),
            torch.stack([width - 0.5 - deep, down], dim=1),
            product(torch.tensor([-0.5, width - 0.5]), torch.tensor([-0.5, height - 0.5])),
        ]
    )


def random_points(codec, faces, margin=-0.5, seed=0):
    """(faces, K, 2) crop pixels, at least ``margin`` from the outermost pixels' centres."""
    generator = torch.Generator().manual_seed(seed)
    extent = torch.tensor([codec.crop_size.width, codec.crop_size.height]) - 1 - 2 * margin
    drawn = torch.rand(faces, codec.markup.count, 2, generator=generator)
    return margin + drawn * extent


def interior(codec):
    """A margin in crop pixels beyond which no decoding window reaches the border."""
    return 9 * codec.grid.stride


def noise(codec, faces, seed=0, dtype=torch.float32):
    """What an untrained network might emit."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(faces, *spec, generator=generator).to(dtype)
        for name, spec in codec.fields.items()
    }


def distances(found, expected):
    return torch.linalg.vector_norm(found - expected, dim=-1)


def test_encode_makes_the_declared_fields(codec):
    targets = codec.encode(random_points(codec, 3))
    assert set(targets) == set(codec.fields)
    for name, spec in codec.fields.items():
        assert targets[name].shape == (3, *spec)
        assert targets[name].dtype == torch.float32
        assert spec.channels == codec.markup.count
    double = codec.encode(random_points(codec, 3).double())
    assert {target.dtype for target in double.values()} == {torch.float32}


def test_decode_makes_points_and_confidences(codec):
    decoded = codec.decode(noise(codec, 3))
    assert decoded.points.shape == (3, codec.markup.count, 2)
    assert decoded.confidence.shape == (3, codec.markup.count)
    assert decoded.points.dtype == decoded.confidence.dtype == torch.float32


def test_round_trip_keeps_within_the_stated_error_over_all_phases(codec):
    points = phases(codec)
    errors = distances(round_trip(codec, points), points)
    assert errors.max() <= codec.stated_error.interior
    # A bound that says nothing would pass as well: some phase comes near it.
    assert errors.max() >= 0.4 * codec.stated_error.interior - 1e-3


def test_round_trip_has_no_mean_bias_over_all_phases(codec):
    points = phases(codec)
    bias = (round_trip(codec, points) - points).mean(dim=0)
    assert bias.abs().max() < 1e-3


def test_round_trip_has_no_mean_bias_over_the_whole_crop(codec):
    points = sweep(codec, 0.731)
    bias = (round_trip(codec, points) - points).mean(dim=0)
    assert bias.abs().max() < 0.002 * codec.grid.stride


@pytest.mark.parametrize("name", ["argmax", "hih", "hih_5_bins", "hih_1_bin", "hih_broken_stride"])
@pytest.mark.parametrize("step", [0.5, 0.125])
def test_points_on_edges_between_cells_have_no_mean_bias(name, step):
    """Codecs that round: every second of these points can be rounded either way."""
    codec = ALL[name]()
    points = sweep(codec, step, height=3 * codec.grid.stride)
    bias = (round_trip(codec, points) - points).mean(dim=0)
    # The crop's middle is such an edge, and can go to one side only.
    assert bias.abs().max() < 0.012 * codec.grid.stride


def sweep(codec, step, height=None):
    """A lattice over the crop, mirrored both ways, that many cells wide; both borders included."""
    height, width = (codec.crop_size.height if height is None else height), codec.crop_size.width
    step *= codec.grid.stride
    columns = torch.arange(-0.5, width - 0.5 + 1e-3, step)
    rows = torch.arange(-0.5, height - 0.5 + 1e-3, step)
    points = product(columns, rows)
    whole = torch.tensor([width - 1.0, codec.crop_size.height - 1.0])
    return torch.cat([points, whole - points])


def test_round_trip_keeps_within_the_stated_error_up_to_the_border(codec):
    points = border(codec)
    found = round_trip(codec, points)
    assert distances(found, points).max() <= codec.stated_error.border
    assert codec.stated_error.border >= codec.stated_error.interior


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_half_precision_outputs_decode_within_the_stated_error(codec, half):
    def rounded(outputs):
        return {name: output.to(getattr(torch, half)) for name, output in outputs.items()}

    stated = codec.stated_error
    extra = getattr(stated, half)
    inside = torch.cat([phases(codec), random_points(codec, 40, interior(codec)).reshape(-1, 2)])
    for points, bound in ((inside, stated.interior), (border(codec), stated.border)):
        assert distances(round_trip(codec, points, rounded), points).max() <= bound + extra
    # What is stated is worth stating: well below what a cell is wide.
    assert extra < codec.grid.stride / 4


def test_autocast_changes_nothing(codec):
    outputs = codec.encode(random_points(codec, 2))
    warp = flip_affine(codec.crop_size.width).expand(2, 2, 3)
    turned = torch.tensor([[0.9, -0.3, 20.0], [0.3, 0.9, -9.0]]).expand(2, 2, 3)
    with torch.autocast("cpu", torch.bfloat16):
        points = codec.decode(outputs).points
        targets = codec.encode(points)
        warped = [codec.warp(outputs, affine) for affine in (warp, turned)]
    assert torch.equal(points, codec.decode(outputs).points)
    again = [codec.warp(outputs, affine) for affine in (warp, turned)]
    for found, expected in zip([targets, *warped], [codec.encode(points), *again], strict=True):
        for name in codec.fields:
            assert torch.equal(found[name], expected[name])


def mirrored(codec, points):
    """The points of the mirrored faces."""
    flipped = torch.stack([codec.crop_size.width - 1 - points[..., 0], points[..., 1]], dim=-1)
    return flipped[:, list(codec.markup.mirror)]


def test_flip_commutes(codec):
    points = torch.cat([random_points(codec, 30), near_border(codec, 30)])
    outputs = codec.encode(points)
    flipped = codec.flip(outputs)
    for name, target in codec.encode(mirrored(codec, points)).items():
        torch.testing.assert_close(flipped[name], target, atol=1e-4, rtol=0)
    for name, twice in codec.flip(flipped).items():
        torch.testing.assert_close(twice, outputs[name], atol=1e-4, rtol=0)
    # Noise as of a network, so that no two cells are equal and rounding cannot choose between them.
    for name, field in noise(codec, len(points)).items():
        outputs[name] = outputs[name] + 0.01 * field
    found = codec.decode(codec.flip(outputs)).points
    # The logarithm of DARK magnifies float32's rounding.
    tolerance = 5e-4 * codec.grid.stride
    assert (found - mirrored(codec, codec.decode(outputs).points)).abs().max() < tolerance


def near_border(codec, faces):
    """Random points in the outer three cells of one border each."""
    points = random_points(codec, faces)
    generator = torch.Generator().manual_seed(1)
    depth = torch.rand(points.shape[:2], generator=generator) * 3 * codec.grid.stride - 0.5
    points[0::4, :, 0] = depth[0::4]
    points[1::4, :, 1] = depth[1::4]
    points[2::4, :, 0] = codec.crop_size.width - 1 - depth[2::4]
    points[3::4, :, 1] = codec.crop_size.height - 1 - depth[3::4]
    return points


def test_a_mirrored_crop_has_mirrored_targets_on_the_edges_between_cells(codec):
    height, width = codec.crop_size
    edges = torch.arange(codec.grid.width - 1) + 0.5
    quarter = codec.grid.to_crop(torch.cat([edges, edges - 0.5, edges + 0.125]))
    # The middle of the crop is its own mirror image; there is no other side to go to.
    quarter = quarter[(quarter - (width - 1) / 2).abs() > 1e-3]
    points = faces_of(torch.stack([quarter, quarter.clamp(max=height - 1)], dim=1), codec)
    flipped = codec.flip(codec.encode(points))
    for name, target in codec.encode(mirrored(codec, points)).items():
        torch.testing.assert_close(flipped[name], target, atol=2e-4, rtol=0)


@settings(deadline=None, max_examples=25)
@given(
    name=st.sampled_from(sorted(ALL)),
    degrees=st.floats(-30, 30),
    scale=st.floats(0.9, 1.1),
    x=st.floats(-6, 6),
    y=st.floats(-6, 6),
    mirrored=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_warp_moves_points(name, degrees, scale, x, y, mirrored, seed):
    codec = ALL[name]()
    stride = codec.grid.stride
    affine = turn_about_middle(codec.crop_size, degrees, scale, x, y, mirrored)
    middle = torch.tensor([codec.crop_size.width - 1, codec.crop_size.height - 1]) / 2
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(4, codec.markup.count, 2, generator=generator) - 0.5
    points = middle + 8 * stride * drawn
    outputs = codec.encode(points)
    affines = affine.expand(4, 2, 3)
    expected = apply_affine(affines, codec.decode(outputs).points)
    if mirrored:
        expected = expected[:, codec.markup.mirror_index]
    found = codec.decode(codec.warp(outputs, affines)).points
    # Both readings cost the codec's error, the first of them magnified, and resampling between
    # cells some: a bilinear mean of a Gaussian is no Gaussian.
    tolerance = (1 + scale) * codec.stated_error.interior + 0.2 * stride
    assert distances(found, expected).max() < tolerance


def turn_about_middle(size, degrees, scale, x, y, mirrored):
    angle = math.radians(degrees)
    linear = scale * torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    if mirrored:
        linear = linear @ torch.diag(torch.tensor([-1.0, 1.0]))
    middle = torch.tensor([(size.width - 1) / 2, (size.height - 1) / 2])
    offset = middle - linear @ middle + torch.tensor([x, y])
    return torch.cat([linear, offset[:, None]], dim=1)


def test_warps_of_one_batch_may_differ(codec):
    outputs = codec.encode(random_points(codec, 2, interior(codec)))
    affines = torch.stack(
        [flip_affine(codec.crop_size.width), torch.tensor([[1.0, 0.0, 5.0], [0.0, 1.0, -3.0]])]
    )
    together = codec.warp(outputs, affines)
    for face in range(2):
        alone = codec.warp(
            {name: output[face : face + 1] for name, output in outputs.items()},
            affines[face : face + 1],
        )
        for name in codec.fields:
            torch.testing.assert_close(together[name][face], alone[name][0])


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_precision_outputs_are_warped_in_float32(codec, half):
    outputs = noise(codec, 2, dtype=half)
    affine = turn_about_middle(codec.crop_size, 10, 1, 3, 2, mirrored=True).expand(2, 2, 3)
    single = codec.warp({name: output.float() for name, output in outputs.items()}, affine)
    for name, warped in codec.warp(outputs, affine).items():
        assert torch.equal(warped, single[name])


def test_warp_is_differentiable_where_maps_are_resampled(codec):
    outputs = {name: output.requires_grad_() for name, output in noise(codec, 2).items()}
    affine = turn_about_middle(codec.crop_size, 10, 1, 3, 2, mirrored=False).expand(2, 2, 3)
    warped = codec.warp(outputs, affine)
    first = next(iter(codec.fields))
    gradient = torch.autograd.grad(warped[first].sum(), outputs[first])[0]
    assert gradient.isfinite().all()
    assert (gradient != 0).any()


def test_missing_points_have_finite_targets_and_exactly_no_gradient(codec):
    points = random_points(codec, 3)
    points[0, 1] = NAN
    points[1, 2, 0] = NAN
    points[2] = NAN
    weight = (~points.isnan().any(dim=-1)).float()
    targets = codec.encode(points)
    outputs = {name: output.requires_grad_() for name, output in noise(codec, 3).items()}
    whatever = {
        name: torch.where(weight[..., None, None] > 0, target, 1e6)
        for name, target in targets.items()
    }
    losses = [codec.loss(outputs, chosen, weight) for chosen in (targets, whatever)]
    assert losses[0].isfinite()
    assert torch.equal(losses[0], losses[1])
    gradients = torch.autograd.grad(losses[1], list(outputs.values()))
    for target, gradient in zip(targets.values(), gradients, strict=True):
        assert target.isfinite().all()
        assert (gradient[weight == 0] == 0).all()
        if gradient.shape[-1] > 1:
            assert (gradient[weight > 0] != 0).flatten(1).any(dim=1).all()


def test_the_loss_of_no_points_is_zero(codec):
    outputs = {name: output.requires_grad_() for name, output in noise(codec, 2).items()}
    points = torch.full((2, codec.markup.count, 2), NAN)
    loss = codec.loss(outputs, codec.encode(points), torch.zeros(2, codec.markup.count))
    assert loss == 0
    for gradient in torch.autograd.grad(loss, list(outputs.values())):
        assert (gradient == 0).all()


def test_the_loss_is_a_mean_over_points(codec):
    outputs, targets = noise(codec, 2), codec.encode(random_points(codec, 2))
    count = codec.markup.count
    alone = torch.zeros(2, count)
    for face in range(2):
        for point in range(count):
            weight = torch.zeros(2, count)
            weight[face, point] = 1
            alone[face, point] = codec.loss(outputs, targets, weight)
    torch.testing.assert_close(codec.loss(outputs, targets, torch.ones(2, count)), alone.mean())


def test_the_loss_is_least_at_the_target(codec):
    targets = codec.encode(random_points(codec, 2))
    weight = torch.ones(2, codec.markup.count)
    at_target = codec.loss(targets, targets, weight)
    assert at_target.abs() < 1e-6
    assert codec.loss(noise(codec, 2), targets, weight) > at_target + 1e-4


def test_gradients_of_the_loss():
    for name in ("continuous_subpixel", "hih", "hih_csc", "classified_cells"):
        build = ALL[name]
        codec = build.func(build.args[0], Size(12, 12), 4, **build.keywords)
        targets = {name: t.double() for name, t in codec.encode(random_points(codec, 1)).items()}
        outputs = noise(codec, 1, dtype=torch.float64)
        weight = torch.tensor([[1.0, 0.0, 2.0, 1.0, 0.5]], dtype=torch.float64)

        def loss(*maps, codec=codec, targets=targets, weight=weight):
            return codec.loss(dict(zip(targets, maps, strict=True)), targets, weight)

        assert torch.autograd.gradcheck(
            loss, tuple(outputs[name].requires_grad_() for name in targets)
        )


@pytest.mark.parametrize("far", [-1e6, -300.0, -0.6, 255.6, 1e6, 1e30, math.inf, -math.inf])
def test_points_outside_the_crop_have_finite_targets(codec, far):
    points = random_points(codec, 2)
    points[0, :, 0] = far
    points[1, 1] = far
    for target in codec.encode(points).values():
        assert target.isfinite().all()
        assert target.min() >= 0
        assert target.max() <= 1


def odd_maps(codec):
    """Maps that a network may well emit: flat, empty, tied, negative, huge."""
    base = noise(codec, 1)
    yield {name: torch.zeros_like(field) for name, field in base.items()}
    yield {name: torch.full_like(field, -3.0) for name, field in base.items()}
    yield {name: torch.full_like(field, 0.7) for name, field in base.items()}
    yield {name: field.sign() for name, field in base.items()}
    yield {name: -field.abs() for name, field in base.items()}
    yield {name: field * 1e30 for name, field in base.items()}
    yield {name: field * 1e-30 for name, field in base.items()}
    yield from (noise(codec, 8, seed) for seed in range(4))


def test_any_map_decodes_to_a_point_on_the_crop(codec):
    height, width = codec.crop_size
    for outputs in odd_maps(codec):
        decoded = codec.decode(outputs)
        assert decoded.points.isfinite().all()
        assert decoded.confidence.isfinite().all()
        low, high = -0.5 - 1e-4, torch.tensor([width, height]) - 0.5 + 1e-4
        assert (decoded.points >= low).all()
        assert (decoded.points <= high).all()


def test_one_face_decodes_as_in_a_batch(codec):
    for outputs in (codec.encode(random_points(codec, 7)), noise(codec, 7)):
        together = codec.decode(outputs)
        for face in range(7):
            alone = codec.decode({name: o[face : face + 1] for name, o in outputs.items()})
            assert torch.equal(alone.points[0], together.points[face])
            assert torch.equal(alone.confidence[0], together.confidence[face])


def test_a_codec_holds_nothing_and_draws_nothing():
    for build in ALL.values():
        before = torch.random.get_rng_state()
        codec = build()
        assert torch.equal(torch.random.get_rng_state(), before)
        assert not list(codec.parameters())
        assert not codec.state_dict()


def test_decode_depends_on_the_outputs_alone(codec):
    outputs = noise(codec, 2)
    first = codec.decode(outputs)
    kept = {name: output.clone() for name, output in outputs.items()}
    codec.encode(random_points(codec, 3))
    codec.decode(noise(codec, 5, seed=1))
    codec.eval()
    with torch.inference_mode():
        second = codec.decode(outputs)
    assert torch.equal(first.points, second.points)
    for name, output in outputs.items():
        assert torch.equal(output, kept[name])


def test_everything_stays_on_the_device_of_the_input(codec):
    """A tensor made on another device would be refused, and reading a value is not possible."""
    points = torch.zeros(2, codec.markup.count, 2, device="meta")
    targets = codec.encode(points)
    decoded = codec.decode(targets)
    loss = codec.loss(targets, targets, torch.ones(2, codec.markup.count, device="meta"))
    assert {t.device.type for t in (*targets.values(), *decoded[:2], loss)} == {"meta"}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same(codec):
    points = random_points(codec, 4)
    outputs = codec.encode(points)
    there = codec.encode(points.cuda())
    affine = turn_about_middle(codec.crop_size, 20, 1.1, 3, 2, mirrored=True).expand(4, 2, 3)
    warped, warped_there = codec.warp(outputs, affine), codec.warp(there, affine.cuda())
    for name in codec.fields:
        torch.testing.assert_close(there[name].cpu(), outputs[name])
        torch.testing.assert_close(warped_there[name].cpu(), warped[name], atol=1e-4, rtol=0)
    for found in (outputs, noise(codec, 4)):
        on_device = codec.decode({name: output.cuda() for name, output in found.items()})
        torch.testing.assert_close(
            on_device.points.cpu(), codec.decode(found).points, atol=1e-2, rtol=0
        )


def test_impossible_settings_are_refused(named_codec):
    kind = type(named_codec)
    with pytest.raises(ValueError, match="does not fit a crop"):
        kind(named_codec.markup, Size(32, 32), 64)
    for sigma in (0.0, -1.0, NAN, math.inf):
        with pytest.raises(ValueError, match=r"spread|sigma"):
            kind(named_codec.markup, Size(64, 64), 16, sigma=sigma)
