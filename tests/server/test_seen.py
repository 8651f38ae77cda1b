"""What was read of a chunk is not read again, and still checked."""

from __future__ import annotations

import pytest

from interactive_gym.protocol import Chunk, Upload
from interactive_gym.server import ingest
from interactive_gym.server.seen import Content, Seen
from tests.server.rows import FPS, chunk


def item(**changes: object) -> Chunk:
    fields = {key: value for key, value in chunk("s-1", 0, ends=True).items() if key != "kind"}
    return Chunk(**{**fields, **changes})  # type: ignore[arg-type]


def decoded(item: Chunk, seen: Seen) -> ingest.Decoded:
    (one,) = ingest.decode(Upload([item]), seen).items or ()
    return one


def test_the_same_chunk_of_another_player_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen()
    first = decoded(item(), seen)
    assert first.problem is None and first.last and first.last.frame == FPS - 1

    def unread(body: bytes) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(ingest, "outline", unread)
    second = decoded(item(session_id="s-2"), seen)
    assert (second.problem, second.data, second.last) == (None, first.data, first.last)
    assert ingest.ending(second.last, None) == "terminated"


def test_a_known_digest_does_not_stand_for_other_bytes() -> None:
    seen = Seen()
    decoded(item(), seen)
    other = decoded(item(data=chunk("s-1", 1)["data"]), seen)
    assert other.problem and other.problem.reason == "wrong_digest"
    other = decoded(item(first=5), seen)
    assert other.problem and other.problem.reason == "malformed"


def test_the_oldest_are_forgotten() -> None:
    seen = Seen(most=2)
    contents = {str(n): Content(n, 1, ingest.Row(n)) for n in range(3)}
    for digest, content in contents.items():
        seen.add(digest, content)
    assert [seen.find(digest) for digest in contents] == [None, contents["1"], contents["2"]]
