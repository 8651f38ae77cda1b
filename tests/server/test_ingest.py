"""Uploads: what is acknowledged is stored once, and nothing hostile gets in."""

from __future__ import annotations

import json
import time
import zlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from interactive_gym.data import schema
from interactive_gym.protocol import MAX_UPLOAD_BYTES, PlayStatistics, Upload
from interactive_gym.records import Row, digest, encode
from interactive_gym.server import http, ingest
from interactive_gym.server.ingest import Decoding, decode, ending
from interactive_gym.server.limits import Rate
from tests.server.rows import FPS, chunk, episode_end, event, experience, second, whole_episode
from tests.server.running import Participant, Running, experiment


@pytest.fixture
async def session(one: Participant) -> str:
    """The session of ``one``, who has just begun to play it."""
    found = await one.to_game()
    await one.resume(found)
    return found


def count(server: Running, table: Any, *where: Any) -> int:
    query = select(func.count()).select_from(table).where(*where)
    return int(server.desk.store.read_now(lambda connection: connection.execute(query).scalar_one()))


def events_named(server: Running, name: str) -> int:
    return count(server, schema.events, schema.events.c.name == name)


async def test_repeating_an_upload_changes_nothing(one: Participant, server: Running, session: str) -> None:
    items = [*whole_episode(session, 25), experience(session, 0), event()]
    first = await one.upload(*items)
    assert first == {"accepted": len(items), "refused": []}
    assert await one.upload(*items) == first
    counts = [count(server, table) for table in (schema.chunks, schema.experience, schema.episodes)]
    assert counts == [3, 1, 1]
    assert events_named(server, "focus_lost") == 1


async def test_the_same_key_with_other_frames_stores_both_and_says_so(
    one: Participant, server: Running, session: str
) -> None:
    await one.upload(chunk(session, 0))
    await one.upload(chunk(session, 0, reward=2.0))
    assert count(server, schema.chunks) == 2
    assert events_named(server, "chunk_conflict") == 1
    resumed = await one.resume(session)
    assert resumed["chunks"] == [b64encode(second(0).data).decode()], "the first one counts"


async def test_variants_of_one_chunk_have_an_end(one: Participant, server: Running, session: str) -> None:
    for reward in range(3):
        await one.upload(chunk(session, 0, reward=float(reward)))
    assert (await one.upload(chunk(session, 0, reward=9.0)))["refused"][0]["reason"] == "other_digest"
    assert count(server, schema.chunks) == 3


async def test_a_refused_item_takes_no_other_with_it(one: Participant, server: Running, session: str) -> None:
    wrong = {**chunk(session, 1), "digest": "0" * 32}
    receipt = await one.upload(chunk(session, 0), wrong, event())
    assert (receipt["accepted"], [item["position"] for item in receipt["refused"]]) == (2, [1])
    assert receipt["refused"][0]["reason"] == "wrong_digest"
    assert count(server, schema.chunks) == 1
    assert events_named(server, "items_refused") == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": "not base64!"}, "malformed"),
        ({"data": b64encode(b"not zlib").decode()}, "malformed"),
        ({"first": 5}, "malformed"),
        ({"rows": 3}, "malformed"),
        ({"index": 1}, "malformed"),
        ({"generation": 1}, "unknown_generation"),
        ({"episode": 1}, "no_such_episode"),
        ({"session_id": "s-somebody-elses"}, "not_your_session"),
        ({"session_id": "../../../etc/passwd".replace("/", ".")}, "not_your_session"),
    ],
)
async def test_what_a_chunk_says_must_be_true(
    one: Participant, server: Running, session: str, changes: dict[str, Any], reason: str
) -> None:
    receipt = await one.upload({**chunk(session, 0), **changes})
    assert [item["reason"] for item in receipt["refused"]] == [reason]
    assert count(server, schema.chunks) == 0


async def test_a_chunk_is_not_longer_than_its_second(one: Participant, session: str) -> None:
    receipt = await one.upload(chunk(session, 0, frames=FPS + 1))
    assert receipt["refused"][0]["reason"] == "malformed"


async def test_an_episode_is_not_longer_than_it_may_be(
    serve: Callable[..., Running], arrive: Callable[..., Participant]
) -> None:
    one = arrive(serve(experiment(max_steps=15)))
    session = await one.to_game()
    await one.resume(session)
    receipt = await one.upload(chunk(session, 0), chunk(session, 1, frames=6))
    assert [item["reason"] for item in receipt["refused"]] == ["malformed"]
    assert (await one.upload(chunk(session, 1, frames=5)))["refused"] == []
    assert (await one.resume(session))["episode"] == 1, "the last step that there may be ends the episode"


async def test_a_bomb_is_refused(one: Participant, session: str) -> None:
    body = encode([1, -1, "x" * 9_000_000])
    bomb = {**chunk(session, 0), "digest": digest(body), "data": b64encode(zlib.compress(body)).decode()}
    assert (await one.upload(bomb))["refused"][0]["reason"] == "too_large"


def test_an_upload_that_takes_too_long_to_read_is_read_in_parts() -> None:
    chunks = [chunk("s-1", number) for number in range(3)]
    whole = msgspec.convert({"items": chunks}, Upload)
    assert decode(whole, budget_s=0).items is None
    alone = decode(msgspec.convert({"items": chunks[:1]}, Upload), budget_s=0)
    assert alone.items and alone.items[0].problem is None
    assert alone.cpu_s > 0
    assert len(decode(whole).items or []) == 3


async def test_costly_uploads_are_told_to_be_smaller_and_then_to_wait(
    one: Participant, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "decode", lambda upload, seen: Decoding(None, cpu_s=10))
    body = {"items": [chunk(session, 0)]}
    assert (await one.post("/api/records", body)).status_code == 413
    assert (await one.post("/api/records", body)).status_code == 429


async def test_an_episode_ends_only_when_all_of_it_is_there(one: Participant, server: Running, session: str) -> None:
    chunks = whole_episode(session, 25)
    await one.upload(chunks[0], chunks[2])
    assert (await one.upload(chunks[3]))["refused"][0]["reason"] == "frames_missing"
    await one.upload(chunks[1])
    assert (await one.upload(chunks[3]))["refused"] == []
    other = episode_end(session, 24)
    assert (await one.upload(other))["refused"][0]["reason"] == "other_end"
    assert count(server, schema.episodes) == 1


async def test_records_of_others_are_refused(
    one: Participant, server: Running, session: str, arrive: Callable[..., Participant]
) -> None:
    thief = arrive(server, subject="thief")
    await thief.join()
    items = [chunk(session, 0), experience(session, 0), episode_end(session, 1), event(session_id=session)]
    receipt = await thief.upload(*items)
    assert [item["reason"] for item in receipt["refused"]] == ["not_your_session"] * 4
    answer = await thief.post("/api/resume", {"session_id": session, "tab": "t"})
    assert (answer.status_code, answer.json()["reason"]) == (403, "not_your_session")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"items": []}',
        b'{"items": [{"kind": "unknown"}]}',
        b'{"items": [{"kind": "event"}]}',
        b'{"items": "x", "more": 1}',
        b"[" * 100_000,
        json.dumps({"items": [{**event(), "id": "../../x"}]}).encode(),
        json.dumps({"items": [{**event(), "severity": "fatal"}]}).encode(),
        json.dumps({"items": [{**event(), "data": {"x": {"deep": 1}}}]}).encode(),
        json.dumps({"items": [{**event(), "client_ms": 1e300}]}).encode(),
        json.dumps({"items": [event(id=f"e-{n}") for n in range(201)]}).encode(),
    ],
)
async def test_a_malformed_upload_is_answered_with_the_reason(one: Participant, server: Running, body: bytes) -> None:
    await one.join()
    headers = {"authorization": f"Bearer {one.token}"}
    answer = await one.http.post("/api/records", content=body, headers=headers)
    assert (answer.status_code, answer.json()["kind"], answer.json()["reason"]) == (400, "refused", "malformed")
    assert count(server, schema.events) == 0


async def test_a_large_upload_is_not_read_to_its_end(one: Participant) -> None:
    await one.join()
    headers = {"authorization": f"Bearer {one.token}"}
    answer = await one.http.post("/api/records", content=b"x" * (MAX_UPLOAD_BYTES + 1), headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x.y", "Basic abc", "Bearer \xe9"])
async def test_without_a_token_of_ours_nothing_is_taken(one: Participant, header: str | None) -> None:
    headers = [(b"authorization", header.encode("latin-1"))] if header else []
    answer = await one.http.post("/api/records", json={"items": [event()]}, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (401, "unknown_token")


async def test_who_uploads_too_often_is_told_to_wait(
    serve: Callable[..., Running], arrive: Callable[..., Participant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "UPLOADS", Rate(per_second=0.001, burst=65))
    one = arrive(serve())
    await one.join()
    answers = [await one.post("/api/records", {"items": [event()]}) for _ in range(120)]
    codes = [answer.status_code for answer in answers]
    assert codes[:60] == [200] * 60
    assert 429 in codes
    assert next(answer for answer in answers if answer.status_code == 429).json()["reason"] == "too_fast"


async def test_a_date_that_is_corrected_backwards_makes_nobody_wait(
    one: Participant, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await one.post("/api/records", {"items": [chunk(session, 0)]})).status_code == 200
    date = time.time
    monkeypatch.setattr(time, "time", lambda: date() - 3600)
    assert (await one.post("/api/records", {"items": [chunk(session, 1)]})).status_code == 200


async def test_a_store_that_cannot_write_acknowledges_nothing(one: Participant, server: Running, session: str) -> None:
    server.desk.store.close()
    answer = await one.post("/api/records", {"items": [chunk(session, 0)]})
    assert (answer.status_code, answer.json()["reason"]) == (503, "server_error")
    health = await one.http.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (503, "not_writable")


def test_why_an_episode_ends() -> None:
    def row(terminated: dict[str, bool], truncated: dict[str, bool], frame: int = 3) -> Row:
        return Row(frame, terminated=terminated, truncated=truncated)

    assert ending(row({"a": True}, {"a": False}), None) == "terminated"
    assert ending(row({"a": False}, {"a": True}), None) == "truncated"
    assert ending(row({"a": True, "b": False}, {"a": False, "b": True}), None) == "terminated"
    assert ending(row({"a": True, "b": False}, {"a": False, "b": False}), None) is None
    assert ending(row({"a": False}, {"a": False}), 4) == "max_steps"
    assert ending(row({"a": False}, {"a": True}), 4) == "max_steps"
    assert ending(row({"a": True}, {"a": False}), 4) == "terminated"
    assert ending(row({"a": False}, {"a": False}), 5) is None
    assert ending(Row(-1), 0) is None


@pytest.mark.parametrize(
    "changes",
    [{"end_reason": reason} for reason in ("failed", "mismatch", "interrupted")]
    + [{"statistics": dict.fromkeys(PlayStatistics.__struct_fields__, 1)}],
)
async def test_who_plays_alone_has_nobody_to_lose(
    one: Participant, server: Running, session: str, changes: dict[str, Any]
) -> None:
    await one.upload(*whole_episode(session, 25)[:-1])
    receipt = await one.upload({**episode_end(session, 25), **changes})
    assert [item["reason"] for item in receipt["refused"]] == ["malformed"]
    links = {"kind": "links", "session_id": session, "generation": 0, "index": 0}
    rows = [[1.7e12, partner, "direct", "", 20.0, 1.0, 0.0, 30, 30] for partner in ("0", "1")]
    for row in rows:
        assert (await one.upload({**links, "rows": [row]}))["refused"][0]["reason"] == "no_such_partner"
    assert [count(server, table) for table in (schema.episodes, schema.ends, schema.links)] == [0, 0, 0]


async def test_events_of_pages_have_an_end(
    one: Participant, server: Running, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "MAX_EVENTS", 3)
    first = [{**event(), "id": f"e{number}"} for number in range(2)]
    assert (await one.upload(*first))["accepted"] == 2
    answer = await one.upload(*({**event(), "id": f"f{number}"} for number in range(2)))
    assert [(refused["position"], refused["reason"]) for refused in answer["refused"]] == [(1, "too_many")]
    assert events_named(server, "focus_lost") == 3
