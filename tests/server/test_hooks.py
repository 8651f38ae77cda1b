"""Hooks hear of what is stored, in order, once, from any server of the study; what one of them does hurts no other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

import interactive_gym as ig
from interactive_gym.data.schema import events
from tests.server.meeting import Player, gym, study
from tests.server.rows import whole_episode
from tests.server.running import Participant, Running, experiment, until

Serve = Callable[..., Running]
Arrive = Callable[..., Participant]
Come = Callable[..., Awaitable[Player]]


class Heard(list[Any]):
    """A hook that keeps what it is called with."""

    def __call__(self, occasion: Any) -> None:
        self.append(occasion)

    def names(self) -> list[str]:
        return [type(one).__name__ for one in self]

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self if isinstance(one, kind)]


def everything(hook: Any) -> dict[str, Any]:
    kinds = ("session_start", "session_end", "episode_start", "episode_end", "chunk", "outcome", "message")
    return dict.fromkeys(kinds, hook)


def failures(server: Running) -> list[Any]:
    query = select(events).where(events.c.name == "hook_failed").order_by(events.c.id)
    return list(server.desk.store.read_now(lambda connection: connection.execute(query).all()))


async def played(one: Participant, frames: int = 25) -> str:
    """One game, to the end of the study."""
    session = await one.to_game()
    await one.resume(session)
    await one.upload(*whole_episode(session, frames))
    await one.advance("game")
    return session


async def test_a_study_in_order(serve: Serve, arrive: Arrive) -> None:
    heard = Heard()
    one = arrive(serve(experiment().hooks(**everything(heard))))
    session = await played(one)
    await until(lambda: heard.of(ig.hooks.Outcome), "the outcome")
    story = ["SessionStart", "EpisodeStart", "Chunk", "Chunk", "Chunk", "EpisodeEnd", "SessionEnd", "Outcome"]
    assert sorted(heard.names(), key=story.index) == story
    assert [name for name in heard.names() if name != "Outcome"] == story[:-1]
    start, end = heard[0], heard.of(ig.hooks.EpisodeEnd)[0]
    assert (start.session_id, start.scene_id, start.players) == (session, "game", {"0": one.id})
    assert (end.episode, end.frames, end.reason) == (0, 25, "terminated")
    chunks = heard.of(ig.hooks.Chunk)
    assert [row.frame for chunk in chunks for row in chunk.rows] == list(range(-1, 25))
    assert [row.frame for row in end.study.rows(session, 0)] == list(range(-1, 25))
    assert heard.of(ig.hooks.Outcome)[0].outcome == "completed"


async def test_several_are_called_in_order_and_one_that_fails_hurts_no_other(serve: Serve, arrive: Arrive) -> None:
    order: list[str] = []
    gate = threading.Event()

    def first(_: Any) -> None:
        order.append("first")
        raise RuntimeError("no money")

    def hanging(_: Any) -> None:
        order.append("hanging")
        gate.wait(30)

    async def last(_: Any) -> None:
        await asyncio.sleep(0)
        order.append("last")

    server = serve(experiment().hooks(outcome=[first, hanging, last], timeout=2))
    await played(one := arrive(server))
    await until(lambda: len(order) == 3, "the last hook")
    gate.set()
    assert order == ["first", "hanging", "last"]
    await until(lambda: len(failures(server)) == 2, "both events")
    raised, hung = failures(server)
    assert (raised.reason, hung.reason) == ("raised", "timeout")
    assert raised.data["hook"].endswith("first") and "no money" in raised.detail
    assert raised.participant_id == one.id and raised.severity == "error"


async def test_a_restarted_server_tells_what_the_last_one_had_not_and_nothing_twice(
    serve: Serve, arrive: Arrive
) -> None:
    told = Heard()
    first = serve(experiment().hooks(episode_end=told))
    await played(arrive(first))
    await until(lambda: told, "the first hook")
    first.stop()
    second = serve(experiment().hooks(episode_end=told))
    await played(arrive(second))
    await until(lambda: len(told) == 2, "the hook of the second server")
    assert len({one.session_id for one in told}) == 2


async def test_a_kind_that_is_new_hears_of_what_happens_from_then_on(serve: Serve, arrive: Arrive) -> None:
    first = serve(experiment())
    earlier = await played(arrive(first))
    first.stop()
    heard = Heard()
    second = serve(experiment().hooks(**everything(heard)))
    await played(arrive(second))
    await until(lambda: heard.of(ig.hooks.Outcome), "the outcome")
    assert earlier not in {getattr(one, "session_id", None) for one in heard}
    assert heard.names().count("Outcome") == 1


async def test_hooks_change_attributes_and_globals(serve: Serve, arrive: Arrive) -> None:
    results: list[Any] = []

    def count(ended: ig.hooks.EpisodeEnd) -> None:
        (who,) = ended.players.values()
        results.append(ended.study.set_attributes(who, {"episodes": ended.study.add("episodes")}))
        results.append(ended.study.attributes(who))
        ended.study.set_globals({"last": [who]})
        for wrong in (lambda: ended.study.add("last"), lambda: ended.study.set_attributes("nobody", {"a": 1})):
            with pytest.raises(ValueError):
                wrong()
        results.append(ended.study.globals())

    server = serve(experiment().hooks(episode_end=count))
    first, second = arrive(server), arrive(server)
    for one in (first, second):
        await played(one)
    await until(lambda: len(results) == 6, "two episodes")
    assert results[:2] == [{"episodes": 1}] * 2
    assert results[5] == {"episodes": 2, "last": [second.id]}
    assert failures(server) == []


async def test_a_match_that_came_to_nothing_is_no_session(serve: Serve, come: Come) -> None:
    heard = Heard()
    server = serve(study(gym("game")).hooks(**everything(heard)))
    one, two = await come(server), await come(server)
    for player in (one, two):
        await player.enlist()
    session = (await one.hears("match"))["session_id"]
    await one.validated(session, problem="no way")
    await one.hears("unmatched")
    await two.failed("connection_failed")
    await until(lambda: heard.of(ig.hooks.Outcome), "the outcome of one")
    assert heard.names() == ["Outcome"]


async def test_a_game_of_two_is_one_session(serve: Serve, come: Come) -> None:
    heard = Heard()
    server = serve(study(gym("game")).hooks(session_start=heard))
    one, two = await come(server), await come(server)
    for player in (one, two):
        await player.enlist()
    session = (await one.hears("match"))["session_id"]
    for player in (one, two):
        await player.validated(session)
    await one.hears("play")
    await until(lambda: heard, "the session")
    assert heard[0].players == {"human-0": one.id, "human-1": two.id}
    assert len(heard) == 1
