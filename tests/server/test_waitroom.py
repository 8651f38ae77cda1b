"""What a waiting room may be told to do: matchers, limits, smaller groups, bots, and what comes when nobody does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.data import attributes
from interactive_gym.matching import Queue
from interactive_gym.server import choosing, probing
from tests.server.meeting import (
    Player,
    bot,
    connected,
    decisions,
    end_reason,
    events,
    gym,
    matched,
    playing,
    session_state,
    state_of,
    study,
)
from tests.server.rows import whole_episode
from tests.server.running import DEADLINE_S, Running, until

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]
BOT = "tests.server.meeting:bot"
HOOK: dict[str, Any] = {"source": "hook", "now": 0.0}


async def enlisted(come: Come, server: Running, number: int) -> list[Player]:
    players = [await come(server) for _ in range(number)]
    for player in players:
        await player.enlist()
    return players


# --- who is there ---------------------------------------------------------------------------------------------------


async def test_who_does_not_answer_is_not_seated(serve: Serve, come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "THERE_S", 4.0)  # as short as the others' answers allow on a busy machine
    server = serve(study())
    ann, bob, cem = [await come(server) for _ in range(3)]
    await ann.enlist()

    async def ignore(_: object) -> None: ...

    ann.socket.on("probe", ignore)
    ann.socket.on("disconnect", lambda: None)
    await bob.enlist()
    await until(lambda: not ann.socket.connected, "the server to part with who does not answer")
    assert ann.told["match"].empty()
    assert bob.told["match"].empty()
    await cem.enlist()
    await matched(bob, cem)
    absent, made = decisions(server)
    assert (absent["result"], absent["session_id"], absent["members"]) == ("absent", None, [ann.id, bob.id])
    assert made["members"] == [bob.id, cem.id], "who answered has kept the place"
    (event,) = events(server, "not_there")
    assert event["participant_id"] == ann.id
    assert state_of(server, ann) == ("in_scene", None)


async def test_somebody_who_goes_while_they_are_asked(
    serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "THERE_S", 4.0)
    server = serve(study())
    ann, bob, cem = [await come(server) for _ in range(3)]
    asked = asyncio.Event()

    async def hold(_: object) -> None:
        asked.set()

    await ann.enlist()
    ann.socket.on("probe", hold)
    await bob.enlist()
    await asyncio.wait_for(asked.wait(), DEADLINE_S)
    back = await again(server, ann)
    assert (await back.enlist())["kind"] == "room"
    await cem.enlist()
    while len(made := [one for one in decisions(server) if one["session_id"]]) < 1:
        await asyncio.sleep(0.02)
    assert made[0]["members"] == [ann.id, bob.id], "each of them has kept the place"
    await matched(back, bob)


# --- smaller groups and bots ----------------------------------------------------------------------------------------


async def test_a_smaller_group_plays_with_a_bot(serve: Serve, come: Come) -> None:
    scene = gym("game", 3).waitroom(start_smaller_after=1, bot=bot)
    server = serve(study(scene))
    ann, bob = [await come(server) for _ in range(2)]
    room = await ann.enlist()
    await bob.enlist()
    assert "begins with those who are here, if they are at least 2" in room["note"]
    first, second = await ann.hears("match"), await bob.hears("match")
    assert (first["peers"], first["agent"], second["agent"]) == ([1, 2], "human-0", "human-1")
    players = first["game"]["policies"]
    assert players == {"bot": BOT, "human-0": "human", "human-1": "human", "human-2": BOT}
    assert first["game"]["multiplayer"]["group"] == 2
    assert first["game"] == second["game"]
    session = first["session_id"]
    await connected(session, ann, bob)
    (decision,) = decisions(server)
    assert (decision["result"], decision["reason"], decision["matcher"]) == ("playing", "first_come", "FIFO")
    for player in (ann, bob):
        await player.upload(*whole_episode(session, 5))
        assert (await player.advance("game"))["kind"] == "end"
    assert end_reason(server, session) == "completed"


async def test_nobody_comes_and_a_bot_plays(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", timeout=1, episodes=2).waitroom(on_timeout="bot", bot=bot)))
    ann = await come(server)
    assert (await ann.enlist())["note"] == "the game begins without them"
    match = await ann.hears("match")
    assert (match["peers"], match["game"]["policies"]["human-1"]) == ([1], BOT)
    await connected(match["session_id"], ann)
    assert state_of(server, ann) == ("playing", None)
    await ann.upload(*whole_episode(match["session_id"], 5))
    back = await again(server, ann)
    await back.enlist()
    returned = await back.hears("match")
    assert (returned["session_id"], returned["returning"], returned["game"]) == (
        match["session_id"],
        False,  # there is nobody to come back to
        match["game"],
    )
    await back.upload(*whole_episode(match["session_id"], 5, episode=1, generation=1))
    assert (await back.advance("game"))["kind"] == "end"
    (decision,) = decisions(server)
    assert (decision["reason"], decision["members"], decision["result"]) == ("alone", [ann.id], "playing")


async def test_those_who_are_there_begin_at_the_timeout(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", 4, timeout=4).waitroom(on_timeout="smaller", min_group=3, bot=bot)))
    ann, bob, cem = await enlisted(come, server, 3)
    await matched(ann, bob, cem)
    dan = await come(server)
    await dan.enlist()
    assert (await dan.sees())["outcome"] == "waitroom_timeout", "alone is not enough"


async def test_those_whom_nobody_joins_go_on_elsewhere(serve: Serve, come: Come) -> None:
    survey = ig.StaticScene("survey").content(body="What now?")
    server = serve(study(gym("game", timeout=1).waitroom(on_timeout="survey"), gym("second"), survey))
    ann = await come(server)
    assert (await ann.enlist())["note"] == "you go on without this game"
    page = await ann.sees()
    assert (page["kind"], page["scene_id"]) == ("static", "survey")
    assert state_of(server, ann) == ("in_scene", None)
    (event,) = events(server, "went_on")
    assert (event["reason"], event["data"]["to"]) == ("nobody_came", "survey")
    assert (await ann.advance("survey"))["kind"] == "end"
    bob = await come(server)
    assert (await bob.enlist())["waiting"] == 1


async def test_the_wait_is_extended(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", timeout=1).waitroom(on_timeout="extend", extend=4)))
    (ann,) = await enlisted(come, server, 1)
    began = time.monotonic()
    await ann.room(lambda room: room["note"] == "")
    assert state_of(server, ann) == ("waiting", None)
    assert (await ann.sees())["outcome"] == "waitroom_timeout"
    assert time.monotonic() - began > 3.5, "it is not less than the extension"


# --- limits on the way between members ------------------------------------------------------------------------------


async def test_who_is_too_far_from_each_other_waits_for_others(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game").waitroom(matcher=ig.Latency(max_p2p_rtt=100))))
    ann, bob = await enlisted(come, server, 2)
    first = (await ann.hears("match"))["session_id"]
    assert (await bob.hears("match"))["round_trips"] > 1
    await ann.validated(first, human_1=80.0)
    await bob.validated(first, human_0=101.26, human_1=5.0, nobody=3.0)
    for player in (ann, bob):
        told = await player.hears("unmatched")
        assert (told["reason"], told["room"]["waiting"]) == ("too_far", 2)
    assert (session_state(server, first), end_reason(server, first)) == ("ended", "too_far")
    cem = await come(server)
    await cem.enlist()
    second = await matched(ann, cem)
    await ann.validated(second, human_1=20.0)
    await cem.validated(second, human_0=21.0)
    assert await ann.hears("play") == {"session_id": second}
    assert bob.told["match"].empty()
    far, near = decisions(server)
    assert far["round_trips"] == {f"{ann.id}>{bob.id}": 80.0, f"{bob.id}>{ann.id}": 101.26}
    assert (far["result"], near["result"], near["matcher"]) == ("too_far", "playing", "Latency")


async def test_a_page_that_does_not_say_how_far_it_is_does_not_play(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game").waitroom(matcher=ig.Latency(max_p2p_rtt=100))))
    ann, bob = await enlisted(come, server, 2)
    session = await matched(ann, bob)
    await ann.validated(session)
    await bob.validated(session)
    assert (await ann.hears("unmatched"))["reason"] == "too_far"


# --- matchers of researchers ----------------------------------------------------------------------------------------


class Skill(ig.Matcher):
    """Whoever is equally skilled."""

    def decide(self, waiting: Queue, now: float) -> list[ig.Group]:
        by_skill: dict[Any, list[ig.Candidate]] = {}
        for one in waiting:
            by_skill.setdefault(one.attributes.get("skill"), []).append(one)
        return [ig.Group(same[: waiting.group], "skill") for same in by_skill.values() if len(same) >= waiting.group]


async def test_a_matcher_of_the_researcher_sees_what_is_known(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game").waitroom(matcher=Skill())))
    players = []
    for skill in ("high", "low", "high"):
        player = await come(server)
        server.desk.store.submit(partial(attributes.put, participant_id=player.id, values={"skill": skill}, **HOOK))
        await player.enlist()
        players.append(player)
    await matched(players[0], players[2])
    (decision,) = decisions(server)
    assert (decision["matcher"], decision["reason"]) == ("Skill", "skill")
    chosen = {one["participant_id"]: one["attributes"]["skill"] for one in decision["candidates"]}
    assert chosen == {player.id: skill for player, skill in zip(players, ("high", "low", "high"), strict=True)}
    assert players[1].told["match"].empty()


async def test_a_matcher_sees_what_has_changed_while_somebody_waits(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game").waitroom(matcher=Skill())))
    players = [await come(server) for _ in range(3)]
    for player, skill in zip(players, ("high", "low", "lowest"), strict=True):
        server.desk.store.submit(partial(attributes.put, participant_id=player.id, values={"skill": skill}, **HOOK))
        await player.enlist()
    changed = {"participant_id": players[2].id, "values": {"skill": "high"}}
    server.desk.store.submit(partial(attributes.put, **changed, **HOOK))
    await matched(players[0], players[2])
    (decision,) = decisions(server)
    chosen = {one["participant_id"]: one["attributes"]["skill"] for one in decision["candidates"]}
    assert chosen == {player.id: skill for player, skill in zip(players, ("high", "low", "high"), strict=True)}


class Failing(ig.Matcher):
    def decide(self, waiting: Queue, now: float) -> list[ig.Group]:
        raise KeyError("skill")


class Lying(ig.Matcher):
    def decide(self, waiting: Queue, now: float) -> list[ig.Group]:
        return [ig.Group([ig.Candidate("p-somebody"), waiting[0]])]


class Hanging(ig.Matcher):
    calls = 0

    def decide(self, waiting: Queue, now: float) -> list[ig.Group]:
        Hanging.calls += 1
        time.sleep(30)
        return []


@pytest.mark.parametrize(
    ("matcher", "reason"), [(Failing(), "raised"), (Lying(), "bad_answer"), (Hanging(), "too_slow")]
)
async def test_a_matcher_that_fails_is_replaced_by_first_come(
    serve: Serve, come: Come, monkeypatch: pytest.MonkeyPatch, matcher: ig.Matcher, reason: str
) -> None:
    monkeypatch.setattr(choosing, "LIMIT_S", 0.2 if reason == "too_slow" else DEADLINE_S)
    server = serve(study(gym("game").waitroom(matcher=matcher)))
    ann, bob, cem, dan = await enlisted(come, server, 4)
    await matched(ann, bob)
    await matched(cem, dan)
    (event,) = events(server, "matcher_failed")
    assert (event["reason"], event["severity"]) == (reason, "error")
    assert event["data"]["matcher"] == type(matcher).__name__
    assert Hanging.calls <= 1, "what hangs is not asked again"


# --- history --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("partners", ["same", "new"])
async def test_partners_are_remembered_over_a_restart(serve: Serve, come: Come, again: Come, partners: Any) -> None:
    experiment = study(gym("game"), gym("second").waitroom(partners=partners))
    server = serve(experiment)
    ann, bob, cem, dan = [await come(server) for _ in range(4)]
    for pair in ((ann, bob), (cem, dan)):
        session = await playing(*pair)
        for player in pair:
            await player.upload(*whole_episode(session, 5))
            await player.advance("game")
    server.stop()
    server = serve(experiment)
    a, c, b, d = [await again(server, player) for player in (ann, cem, bob, dan)]
    for page in (a, c, b, d):
        await page.enlist("second")
    if partners == "same":
        assert await matched(a, b) != await matched(c, d)
    else:
        assert await matched(a, c) != await matched(b, d)
    (late, _) = [one for one in decisions(server) if one["scene_id"] == "second"]
    known = {one["participant_id"]: one["latest_partners"] for one in late["candidates"]}
    assert known[ann.id] == [bob.id]


async def test_a_match_that_came_to_nothing_made_nobody_partners(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game").waitroom(partners="new")))
    ann, bob = await enlisted(come, server, 2)
    first = await matched(ann, bob)
    await ann.validated(first, "no route")
    await bob.hears("unmatched")
    second = await matched(ann, bob)
    await connected(second, ann, bob)
    assert [one["result"] for one in decisions(server)] == ["connection_failed", "playing"]


async def test_the_log_of_matches_is_a_file(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, bob = await enlisted(come, server, 2)
    await connected(await matched(ann, bob), ann, bob)
    server.stop()
    text = (server.data / "matches.jsonl").read_text()
    assert text.count("\n") == 1 and '"result": "playing"' in text
