"""What a page would upload of a game with one agent, "0"."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from interactive_gym.records import Packed, Row, pack

FPS = 10


def row(frame: int, *, terminated: bool = False, reward: float = 1.0) -> Row:
    if frame < 0:
        return Row(-1, infos={"0": {"fresh": True}})
    return Row(
        frame,
        actions={"0": frame % 3},
        rewards={"0": reward},
        terminated={"0": terminated},
        truncated={"0": False},
        infos={"0": {"x": frame / 10}},
        source={"0": "human"},
        is_focused={"0": True},
    )


def rows(first: int, count: int, *, ends: bool = False, reward: float = 1.0) -> list[Row]:
    last = first + count - 1
    return [row(frame, terminated=ends and frame == last, reward=reward) for frame in range(first, last + 1)]


def second(number: int, *, frames: int = FPS, ends: bool = False, reward: float = 1.0) -> Packed:
    """Chunk ``number`` of an episode, with so many frames of its second; row -1 comes on top in chunk 0."""
    first, count = (-1, frames + 1) if number == 0 else (number * FPS, frames)
    return pack(rows(first, count, ends=ends, reward=reward))


def chunk(session_id: str, number: int, *, episode: int = 0, generation: int = 0, **content: Any) -> dict[str, Any]:
    packed = second(number, **content)
    return {
        "kind": "chunk",
        "session_id": session_id,
        "episode": episode,
        "generation": generation,
        "index": number,
        "first": packed.first,
        "rows": packed.count,
        "digest": packed.digest,
        "data": b64encode(packed.data).decode(),
    }


def episode_end(session_id: str, frames: int, *, episode: int = 0, generation: int = 0) -> dict[str, Any]:
    return {
        "kind": "episode_end",
        "session_id": session_id,
        "episode": episode,
        "generation": generation,
        "frames": frames,
        "end_reason": "terminated",
    }


def experience(session_id: str, number: int, *, episode: int = 0, generation: int = 0) -> dict[str, Any]:
    """One second: a tick per frame, 1 ms late, and one key press that was painted 20 ms after it."""
    first = number * FPS
    start = 1000.0 * number
    return {
        "kind": "experience",
        "session_id": session_id,
        "episode": episode,
        "generation": generation,
        "index": number,
        "ticks": [[first + i, start + 100 * i, 1.0, 0.5, start + 100 * i + 8] for i in range(FPS)],
        "keys": [[first, "ArrowLeft", start, start + 5, start + 9, start + 20]],
    }


def event(name: str = "focus_lost", *, id: str = "e-1", session_id: str | None = None) -> dict[str, Any]:
    what = {"kind": "event", "id": id, "name": name, "severity": "info", "reason": "blur"}
    return {**what, "client_ms": 1.7e12, "session_id": session_id, "data": {"hidden": True}}


def whole_episode(session_id: str, frames: int, *, episode: int = 0, generation: int = 0) -> list[dict[str, Any]]:
    """All chunks of an episode of so many frames, and its end."""
    key = {"episode": episode, "generation": generation}
    full, left = divmod(frames, FPS)
    sizes = [FPS] * full + ([left] if left else [])
    last = len(sizes) - 1
    chunks = [chunk(session_id, n, frames=size, ends=n == last, **key) for n, size in enumerate(sizes)]
    return [*chunks, episode_end(session_id, frames, **key)]
