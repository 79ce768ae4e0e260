"""Reads what Weights & Biases has written offline: a log of records in LevelDB's framing.

Framing: https://github.com/google/leveldb/blob/main/doc/log_format.md, after a head of seven bytes
(``:W&B``, two bytes, a version).
"""

import json
import struct
from typing import NamedTuple

from wandb.proto.wandb_internal_pb2 import Record

_BLOCK = 32768
_HEAD = 7


class Written(NamedTuple):
    """What the file of one run tells."""

    project: str
    group: str
    name: str
    number: str
    kind: str
    tags: list
    config: dict
    history: list
    exit_code: int | None
    artifacts: list


def records(file):
    """All records of a ``run-<id>.wandb``."""
    data = file.read_bytes()
    assert data[:4] == b":W&B"
    place, parts = _HEAD, []
    while place + _HEAD <= len(data):
        rest = _BLOCK - place % _BLOCK
        if rest < _HEAD:
            place += rest
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + _HEAD])
        if kind == 0:
            break
        parts.append(data[place + _HEAD : place + _HEAD + length])
        place += _HEAD + length
        if kind in (1, 4):  # whole, or the last part
            record = Record()
            record.ParseFromString(b"".join(parts))
            parts = []
            yield record


def read_offline(file):
    """What one run has written."""
    run, history, config, exit_code, artifacts = None, [], {}, None, []
    for record in records(file):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run = record.run
            config |= _items(record.run.config.update)
        elif kind == "history":
            history.append(_items(record.history.item))
        elif kind == "exit":
            exit_code = record.exit.exit_code
        elif kind == "request" and record.request.HasField("log_artifact"):
            artifacts.append(record.request.log_artifact.artifact)
        elif kind == "artifact":
            artifacts.append(record.artifact)
    assert run is not None
    return Written(
        run.project, run.run_group, run.display_name, run.run_id, run.job_type, list(run.tags),
        config, history, exit_code,
        [(it.name, it.type, sorted(e.path for e in it.manifest.contents)) for it in artifacts],
    )  # fmt: skip


def read_all(output):
    """Every run below an output folder, in the order in which they were started."""
    files = sorted((output / "wandb").glob("offline-run-*/run-*.wandb"), key=_started)
    return [read_offline(file) for file in files]


def _started(file):
    for record in records(file):
        if record.WhichOneof("record_type") == "run":
            return record.run.start_time.ToNanoseconds()
    raise AssertionError(f"{file} tells of no run")


def _items(items):
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}
