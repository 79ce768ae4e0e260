"""Checks that a codec computes the same elsewhere: under autocast, on a GPU, exported, in ONNX."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from importlib.util import find_spec

import torch
from jaxtyping import Float
from torch import Tensor, nn

from landmarks.batch import Fields
from landmarks.codecs.base import Codec, Decoded
from landmarks.conformance.base import Check, NotApplicable, number, require_alike, violated
from landmarks.conformance.equivariance import random_affines
from landmarks.conformance.subject import Subject

_PARITY = 1e-4
"""How far an exported decode may be off, in crop pixels."""


def _autocast(subject: Subject) -> str:
    codec = subject.codec
    points = subject.faces(2)
    outputs = subject.learnt(points)
    affines = random_affines(subject.size, 2).to(subject.device)

    def computed() -> dict[str, Tensor]:
        found = dict(codec.decode(outputs)._asdict())
        found |= {f"warped {name}": field for name, field in codec.warp(outputs, affines).items()}
        if subject.repeats_targets:
            found |= {f"encoded {name}": field for name, field in codec.encode(points).items()}
        return found

    with torch.no_grad():
        expected = computed()
        with torch.autocast(subject.device.type, torch.bfloat16):
            found = computed()
    require_alike(found, expected, 0, "under autocast to bfloat16")
    return "encode, decode and warp are the same to the last bit"


def _any_device(subject: Subject) -> str:
    """A tensor made on another device would be refused, and reading a value is not possible."""
    codec = _apart(subject).to("meta")
    points = torch.zeros(2, subject.count, 2, device="meta")
    weight = torch.ones(2, subject.count, device="meta")
    targets = codec.encode(points)
    found = {
        **{f"target {name}": target for name, target in targets.items()},
        **codec.decode(targets)._asdict(),
        "loss": codec.loss(targets, targets, weight),
    }
    for name, value in found.items():
        if value.device.type != "meta":
            violated(f"{name} of tensors on the device 'meta'", value.device, "meta")
    return "encode, decode and loss stay on the device of what they are given"


def _gpu(subject: Subject) -> str:
    if not torch.cuda.is_available():
        raise NotApplicable("this machine has no CUDA device")
    here, there = _apart(subject), _apart(subject).cuda()
    points = subject.faces(4).cpu()
    affines = random_affines(subject.size, 4)
    targets = here.encode(points)
    if subject.repeats_targets:
        moved = _moved(there.encode(points.cuda()), "cpu")
        require_alike(moved, targets, 1e-5, "encode on the GPU", relative=1e-4)
    warped = _moved(there.warp(_moved(targets, "cuda"), affines.cuda()), "cpu")
    require_alike(warped, dict(here.warp(targets, affines)), 1e-4, "warp on the GPU")
    largest = 0.0
    learnt = _moved(subject.learnt(points.to(subject.device)), "cpu")
    noise = _moved(subject.noise(4), "cpu")
    for name, outputs in (("learnt outputs", learnt), ("noise", noise)):
        expected, found = here.decode(outputs), there.decode(_moved(outputs, "cuda"))
        largest = max(
            largest,
            require_alike(
                {"points": found.points.cpu()},
                {"points": expected.points},
                1e-2,
                f"decode of {name} on the GPU",
            ),
        )
        require_alike(
            {"confidence": found.confidence.cpu(), "covariance": found.covariance.cpu()},
            {"confidence": expected.confidence, "covariance": expected.covariance},
            1e-4,
            f"decode of {name} on the GPU",
            relative=1e-2,
        )
    weight = torch.ones(4, subject.count)
    cpu_loss = here.loss(noise, targets, weight)
    gpu_loss = there.loss(_moved(noise, "cuda"), _moved(targets, "cuda"), weight.cuda())
    require_alike(
        {"loss": gpu_loss.cpu()}, {"loss": cpu_loss}, 1e-6, "loss on the GPU", relative=1e-4
    )
    return f"points differ by {largest:.1g} px at most ({torch.cuda.get_device_name()})"


def _export(subject: Subject) -> str:
    program = _exported(subject)
    largest = 0.0
    for faces in (1, 5):
        outputs = _cpu(subject.learnt(subject.faces(faces)))
        with torch.no_grad():
            found = Decoded(*program.module()(outputs))
        largest = max(largest, _require_parity(subject, outputs, found, f"exported, {faces} faces"))
    return f"batches of 1 and 5; points differ by {largest:.1g} px at most"


def _onnx(subject: Subject) -> str:
    missing = [name for name in ("onnx", "onnxscript", "onnxruntime") if find_spec(name) is None]
    if missing:
        raise NotApplicable(
            f"{', '.join(missing)} not installed; pip install 'landmarks[export]' brings what is "
            "needed"
        )
    import onnxruntime

    program = _exported(subject)
    with _quiet():
        onnx_program = torch.onnx.export(program, dynamo=True, verbose=False)
    assert onnx_program is not None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        onnx_program.model_proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [entry.name for entry in session.get_inputs()]
    largest = 0.0
    for faces in (1, 5):
        outputs = _cpu(subject.learnt(subject.faces(faces)))
        given = dict(zip(names, (output.numpy() for output in outputs.values()), strict=True))
        found = Decoded(*(torch.from_numpy(value) for value in session.run(None, given)))
        largest = max(largest, _require_parity(subject, outputs, found, f"in ONNX, {faces} faces"))
    return f"batches of 1 and 5; points differ by {largest:.1g} px at most (onnxruntime)"


class _Decoder(nn.Module):
    """decode as a module's forward, which is what can be exported."""

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def forward(
        self, outputs: Fields
    ) -> tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"], Float[Tensor, "B K 2 2"]]:
        decoded = self.codec.decode(outputs)
        return decoded.points, decoded.confidence, decoded.covariance


def _exported(subject: Subject) -> torch.export.ExportedProgram:
    example = _cpu(subject.learnt(subject.faces(3)))
    batch = torch.export.Dim("batch", min=1)
    with _quiet(), torch.no_grad():
        return torch.export.export(
            _Decoder(subject.build()).eval(),
            (example,),
            dynamic_shapes=({name: {0: batch} for name in example},),
        )


def _require_parity(subject: Subject, outputs: Fields, found: Decoded, where: str) -> float:
    with torch.no_grad():
        expected = subject.build().decode(outputs)
    largest = require_alike({"points": found.points}, {"points": expected.points}, _PARITY, where)
    for name in ("confidence", "covariance"):
        require_alike(
            {name: getattr(found, name)},
            {name: getattr(expected, name)},
            _PARITY,
            where,
            relative=1e-3,
        )
    return largest


def _apart(subject: Subject) -> Codec:
    """A codec that can be moved to another device: no part of it is shared with another codec."""
    return deepcopy(subject.build())


def _cpu(fields: Fields) -> Fields:
    return _moved(fields, "cpu")


def _moved(fields: Fields, device: str) -> Fields:
    return {name: field.to(device) for name, field in fields.items()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the exporters' remarks on themselves off the screen; errors are raised all the same."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


AUTOCAST = Check(
    "autocast",
    "Autocast to half precision changes nothing in encode, decode and warp.",
    _autocast,
)
ANY_DEVICE = Check(
    "any device",
    "encode, decode and loss work where their tensors are, and read no value back.",
    _any_device,
)
GPU = Check(
    "cpu = gpu",
    "A GPU computes what a CPU computes.",
    _gpu,
)
EXPORT = Check(
    "torch.export",
    "decode can be exported with any number of faces, and then decodes the same.",
    _export,
)
ONNX = Check(
    "onnx",
    f"decode runs in ONNX for any number of faces, its points the same to {number(_PARITY)} px.",
    _onnx,
)
