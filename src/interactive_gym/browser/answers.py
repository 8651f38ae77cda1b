"""What crosses the border to JavaScript: JSON, bytes, and what is said instead of an exception."""

from __future__ import annotations

import json
import traceback
from typing import Any

from interactive_gym.errors import EnvError

to_json = json.JSONEncoder(separators=(",", ":")).encode


def bytes_of(data: Any) -> bytes:
    """The bytes of a JavaScript ``Uint8Array``, or of Python's own kinds."""
    if isinstance(data, bytes):
        return data
    return bytes(data.to_bytes() if hasattr(data, "to_bytes") else data)


def report(stage: str, error: BaseException) -> dict[str, str]:
    """``error`` as ``worker.messages.WorkerFailure``; of ``stage``, unless it knows its own."""
    trace = traceback.format_exc()
    if isinstance(error, EnvError):
        return {"stage": error.stage, "problem": error.problem, "detail": error.detail or trace}
    return {"stage": stage, "problem": f"{type(error).__name__}: {error}", "detail": trace}
