"""The screening of those who arrive, and what hostile pages make of it."""

from __future__ import annotations

import asyncio
import csv
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from interactive_gym.callbacks import ScreeningContext
from interactive_gym.data import attributes, people
from interactive_gym.server import gate, probing
from interactive_gym.server.arrivals import Arrivals
from interactive_gym.server.desk import steady
from interactive_gym.server.limits import Rate
from interactive_gym.server.news import News
from tests.server.running import DEADLINE_S, Participant, Running, experiment, until
from tests.server.screened import Arriving

Serve = Callable[..., Running]
Arrive = Callable[..., Arriving]


@pytest_asyncio.fixture
async def arrive() -> AsyncIterator[Arrive]:
    arrived: list[Participant] = []

    def make(server: Running, **who: Any) -> Arriving:
        arrived.append(Arriving(server.url, **who))
        return arrived[-1]  # type: ignore[return-value]

    yield make
    for participant in arrived:
        await participant.leave()


def screening(**rules: Any) -> Any:
    return experiment().screening(**{"min_ping_samples": 2, **rules})


async def entering(arrive: Arrive, server: Running, **who: Any) -> Arriving:
    one = arrive(server, **who)
    await one.join(PROLIFIC_PID="pid")
    assert (await one.connect())["screening"] is True
    return one


def rows(server: Running) -> list[dict[str, str]]:
    path = server.data / "screenings.csv"
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def state(server: Running, one: Participant) -> tuple[str, str | None]:
    who = server.desk.store.read_now(lambda connection: people.find(connection, one.id))
    return who.state, who.outcome


async def test_whoever_fits_goes_on(serve: Serve, arrive: Arrive) -> None:
    server = serve(screening(devices=["desktop"], max_ping=10_000))
    one = await entering(arrive, server)
    assert (await one.advance("welcome"))["reason"] == "not_screened"
    await one.admitted()
    assert (await one.advance("welcome"))["kind"] == "static"
    server.stop()
    (row,) = rows(server)
    assert (row["accepted"], row["reason"], row["device"], row["screen_width"]) == (
        "true",
        "accepted",
        "desktop",
        "1920",
    )
    assert float(row["ping_ms"]) > 0


async def test_whoever_does_not_is_told_why_and_stays_out(serve: Serve, arrive: Arrive) -> None:
    server = serve(screening(devices=["desktop"], messages={"devices": "<p>No phones.</p>"}))
    one = await entering(arrive, server)
    page = await one.turned_away(device="mobile")
    assert "No phones." in page["body"]
    assert state(server, one) == ("done", "screened_out")
    assert (await one.screen())["reason"] == "not_now"
    assert (await one.advance("welcome"))["kind"] == "outcome"
    again = arrive(server, tab="tab-1")
    again.token = one.token
    assert await again.connect() == page
    server.stop()
    assert [(row["accepted"], row["reason"], row["detail"]) for row in rows(server)] == [("false", "devices", "mobile")]
    after = serve(screening())
    later = arrive(after)
    later.token = one.token
    assert (await later.connect())["outcome"] == "screened_out"


async def test_without_screening_nobody_waits_and_nobody_is_screened(one: Participant) -> None:
    await one.join()
    assert (await one.connect())["screening"] is False
    arriving = {"browser": "", "browser_version": "", "os": "", "device": "unknown", "webrtc": True, "touch": False}
    assert (await one.say("screen", {**arriving, "screen": [0, 0]}))["reason"] == "not_now"
    assert (await one.advance("welcome"))["kind"] == "static"


async def test_a_restart_and_a_reload_in_the_middle_of_it(serve: Serve, arrive: Arrive) -> None:
    waiting = threading.Event()

    def hang(context: ScreeningContext) -> None:
        waiting.wait(DEADLINE_S)

    server = serve(screening(callback=hang, callback_timeout=30))
    before = await entering(arrive, server)
    assert await before.screen() is None
    await until(lambda: state(server, before)[0] == "screening", "the screening")
    server.stop()
    waiting.set()
    server = serve(screening(callback=hang))
    one = arrive(server)
    one.token, one.id = before.token, before.id
    assert (await one.connect())["kind"] == "start"
    assert (await one.advance("welcome"))["reason"] == "not_screened"
    await one.admitted()
    reloaded = arrive(server, tab=one.tab)
    reloaded.token, reloaded.id = one.token, one.id
    assert (await reloaded.connect())["screening"] is True
    await reloaded.admitted()
    assert (await reloaded.advance("welcome"))["kind"] == "static"


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_callback_sees_what_was_found_and_sets_attributes(serve: Serve, arrive: Arrive, is_async: bool) -> None:
    seen: list[ScreeningContext] = []

    def judge(context: ScreeningContext) -> str:
        seen.append(context)
        context.set(arm="a", pings=len(context.pings_ms))
        return "We have had <enough> of you."

    async def judge_later(context: ScreeningContext) -> str:
        await asyncio.sleep(0)
        return judge(context)

    server = serve(screening(callback=judge_later if is_async else judge))
    one = await entering(arrive, server, subject="ann")
    page = await one.turned_away()
    assert "&lt;enough&gt;" in page["body"]
    (context,) = seen
    assert (context.participant_id, context.subject_id, context.query["PROLIFIC_PID"]) == (one.id, "ann", "pid")
    assert (context.browser, context.device, context.screen) == ("Chrome", "desktop", (1920, 1080))
    kept = server.desk.store.read_now(lambda connection: attributes.of(connection, one.id))
    assert kept["arm"] == "a" and kept["pings"] >= 2


def broken(context: ScreeningContext) -> None:
    raise RuntimeError("the service is down")


def slow(context: ScreeningContext) -> None:
    threading.Event().wait(20)


@pytest.mark.parametrize(
    ("callback", "reason"), [(broken, "raised"), (slow, "too_slow"), (lambda context: 3, "raised")]
)
async def test_a_callback_that_fails(serve: Serve, arrive: Arrive, callback: Any, reason: str) -> None:
    server = serve(screening(callback=callback, callback_timeout=0.1 if reason == "too_slow" else 30))
    await (await entering(arrive, server)).admitted()
    server.stop()
    (row,) = rows(server)
    assert (row["accepted"], row["detail"]) == ("true", f"callback: {reason}")
    assert f'"reason": "{reason}"' in (server.data / "events.jsonl").read_text()


async def test_a_callback_that_fails_may_turn_away(serve: Serve, arrive: Arrive) -> None:
    server = serve(screening(callback=broken, fail_closed=True))
    page = await (await entering(arrive, server)).turned_away()
    assert "the service is down" not in page["body"]


async def test_answers_to_what_was_not_asked_count_for_nothing(serve: Serve, arrive: Arrive) -> None:
    server = serve(screening(max_ping=10_000))
    one = await entering(arrive, server, answers=False)
    assert await one.screen() is None
    await asyncio.wait_for(one.probes.get(), DEADLINE_S)
    for number in range(20):
        assert await one.socket.call("probe", {"number": number}, timeout=DEADLINE_S) is None
    assert (await one.socket.call("probe", {"number": -1}, timeout=DEADLINE_S))["reason"] == "malformed"
    assert server.desk.rtts.samples(one.id, 0) == []
    assert one.verdicts.empty()


async def test_an_outage_is_not_a_ping(serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the line is down, and though what was asked meanwhile is answered at last."""
    monkeypatch.setattr(gate, "MEASURE_S", 4.0)
    monkeypatch.setattr(gate, "OUTAGE_S", 2.0)
    monkeypatch.setattr(gate, "_PER_SAMPLE_S", 0.0)
    monkeypatch.setattr(probing, "_LOST_S", 10 * DEADLINE_S)
    server = serve(screening(max_ping=1_500, min_ping_samples=1))
    one = await entering(arrive, server, answers=False)
    asked = await asyncio.wait_for(one.probes.get(), DEADLINE_S)
    assert await one.screen() is None
    down_until = steady() + 5.0
    await until(lambda: steady() > down_until, "more time to pass than there is for measuring")
    assert state(server, one) == ("screening", None)
    one.answers = True
    await one.socket.emit("probe", asked)
    assert await asyncio.wait_for(one.verdicts.get(), DEADLINE_S) == {"kind": "verdict", "accepted": True}
    assert server.desk.rtts.samples(one.id, 0)[0].ms > 1_500, "the line has been down"
    server.stop()
    (row,) = rows(server)
    assert (row["accepted"], float(row["ping_ms"]) < 1_500) == ("true", True)


async def test_who_answers_nothing_is_not_let_in(serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MEASURE_S", "OUTAGE_S", "_PER_SAMPLE_S"):
        monkeypatch.setattr(gate, name, 0.05)
    monkeypatch.setattr(probing, "_LOST_S", 0.05)
    server = serve(screening(max_ping=10_000))
    one = await entering(arrive, server, answers=False)
    assert await one.screen() is None
    await until(lambda: one.probes.qsize() > 6, "time for measuring to pass")
    assert state(server, one) == ("screening", None)
    assert (await one.advance("welcome"))["reason"] == "not_screened"


@pytest.mark.parametrize(("max_ping", "reason"), [(1, "max_ping"), (None, "accepted")])
async def test_who_answers_late_has_a_slow_line(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch, max_ping: int | None, reason: str
) -> None:
    monkeypatch.setattr(gate, "MEASURE_S", 0.5)
    monkeypatch.setattr(gate, "_PER_SAMPLE_S", 0.0)
    server = serve(screening(max_ping=max_ping))
    one = await entering(arrive, server, answers=False)

    async def answer_late() -> None:
        while True:
            probe = await one.probes.get()
            await asyncio.sleep(0.02)  # more than a millisecond, whatever the machine does
            await one.socket.emit("probe", probe)

    answering = asyncio.create_task(answer_late())
    assert await one.screen() is None
    outcome = "screened_out" if max_ping else None
    await until(lambda: state(server, one) == ("done" if max_ping else "arrived", outcome), "the verdict")
    answering.cancel()
    server.stop()
    assert [row["reason"] for row in rows(server)] == [reason]


async def test_who_answers_nothing_is_let_in_where_no_ping_is_asked_for(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MEASURE_S", "OUTAGE_S", "_PER_SAMPLE_S"):
        monkeypatch.setattr(gate, name, 0.05)
    one = await entering(arrive, serve(screening()), answers=False)
    await one.admitted()


async def test_who_floods_with_answers_is_parted_with(serve: Serve, arrive: Arrive) -> None:
    one = await entering(arrive, serve(screening()), answers=False)
    while one.socket.connected:
        await one.socket.emit("probe", {"number": 1})
        await asyncio.sleep(0)


async def test_who_asks_for_one_screening_after_the_other_is_refused(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "SCREENINGS", Rate(per_second=0.001, burst=gate.SCREENINGS.burst))
    one = await entering(arrive, serve(screening(callback=lambda context: None)))
    answers = [await one.screen() for _ in range(12)]
    assert answers[-1]["reason"] == "too_fast"


async def test_malformed_findings_are_refused(serve: Serve, arrive: Arrive) -> None:
    one = await entering(arrive, serve(screening()))
    for bad in ({"device": "toaster"}, {"browser": "x" * 201}, {"screen": [-1, 2]}, {"languages": ["x"] * 21}):
        assert (await one.screen(**bad))["reason"] == "malformed"


async def test_who_is_not_greeted_yet_is_measured_all_the_same(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = News.tell

    async def late(self: News, participant_id: str) -> None:
        await asyncio.sleep(0.5)
        await tell(self, participant_id)

    monkeypatch.setattr(News, "tell", late)
    monkeypatch.setattr(gate, "MEASURE_S", 10 * DEADLINE_S)
    one = arrive(serve(screening(max_ping=10_000)))
    await one.join()
    await one.open()
    await one.admitted()


async def test_a_verdict_that_is_being_stored_is_told(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    conclude, begun, goes_on = Arrivals.conclude, threading.Event(), threading.Event()

    def slowly(*arguments: Any) -> Any:
        begun.set()
        goes_on.wait(DEADLINE_S)
        return conclude(*arguments)

    monkeypatch.setattr(Arrivals, "conclude", slowly)
    one = await entering(arrive, serve(screening(devices=["desktop"])))
    assert await one.screen(device="mobile") is None
    await asyncio.to_thread(begun.wait, DEADLINE_S)
    again = asyncio.create_task(one.screen())
    await asyncio.sleep(0.2)
    goes_on.set()
    assert (await again)["reason"] == "not_now"
    page = await asyncio.wait_for(one.scenes.get(), DEADLINE_S)
    assert page["outcome"] == "screened_out"


async def test_whoever_is_in_the_middle_of_it_goes_on_when_it_is_done_away_with(serve: Serve, arrive: Arrive) -> None:
    waiting = threading.Event()
    server = serve(screening(callback=lambda context: waiting.wait(DEADLINE_S) and None, callback_timeout=30))
    before = await entering(arrive, server)
    assert await before.screen() is None
    await until(lambda: state(server, before)[0] == "screening", "the screening")
    server.stop()
    waiting.set()
    one = arrive(serve(experiment()))
    one.token, one.id = before.token, before.id
    assert (await one.connect())["screening"] is False
    assert (await one.advance("welcome"))["kind"] == "static"
