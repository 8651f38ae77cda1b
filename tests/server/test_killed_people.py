"""The server is killed while somebody is in each state that a participant can be in: everybody goes on to the end."""

from __future__ import annotations

import asyncio
import csv
import json
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import interactive_gym as ig
from interactive_gym.server.lifecycle import State
from tests.server.meeting import Player, connected, gym, matched
from tests.server.processes import Process
from tests.server.rows import FPS, chunk, whole_episode
from tests.server.running import until
from tests.server.screened import Arriving


def everything() -> ig.Experiment:
    """A study in which somebody can be in each state at once."""
    return (
        ig.Experiment("study")
        .scenes(
            ig.StartScene("welcome"),
            ig.StaticScene("form").content(body="<input name='age'>").leaving(),
            gym("game"),
            ig.CompletionCodeScene("code"),
        )
        .screening(min_ping_samples=2)
        .outcome("withdrew", code=True)
    )


class Person(Player, Arriving):
    """A participant who goes wherever the server leads them."""

    async def to_form(self) -> Person:
        await self.join()
        await self.connect()
        await self.admitted()
        assert (await self.advance("welcome"))["scene_id"] == "form"
        return self

    async def to_room(self) -> Person:
        await self.to_form()
        assert (await self.advance("form", age="31"))["scene_id"] == "game"
        assert (await self.enlist())["kind"] == "room"
        return self

    async def to_the_end(self) -> dict[str, Any]:
        """From wherever they are; the last page."""
        page = await self.connect()
        while page["kind"] not in ("completion_code", "outcome"):
            if page["kind"] == "start":
                await self.admitted()
            if page["kind"] == "gym":
                page = await self.play(page["scene_id"])
            else:
                page = await self.advance(page["scene_id"])
        return page

    async def play(self, scene_id: str) -> dict[str, Any]:
        """The game, as often as it is begun again because nobody was left who had played; the page after it.

        Whoever comes back when the others have just completed it is shown that page at once.
        """
        await self.enlist()
        while "generation" in (told := await self._next()):
            await self.record(told)
            page = await self.advance(scene_id)
            if page.get("reason") != "episodes_incomplete":
                return page
        return told

    async def _next(self) -> dict[str, Any]:
        """A match or a page, whatever comes first."""
        waiting = {asyncio.ensure_future(self.hears("match")), asyncio.ensure_future(self.sees())}
        done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in left:
            one.cancel()
        return done.pop().result()

    async def record(self, match: dict[str, Any]) -> None:
        """All of this game."""
        if not match["returning"] and not match["restart"]:
            assert await self.validated(match["session_id"]) is None
            await self.hears("play")
        episode = whole_episode(match["session_id"], 2 * FPS, generation=match["generation"])
        assert (await self.upload(*episode))["refused"] == []


Come = Callable[..., Person]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path, f"{__name__}:everything")
    yield process
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


@pytest_asyncio.fixture
async def person() -> AsyncIterator[Come]:
    here: list[Person] = []

    def make(process: Process, before: Person | None = None) -> Person:
        here.append(Person(process.url))
        if before:
            here[-1].token, here[-1].id = before.token, before.id
        return here[-1]

    yield make
    for one in here:
        await one.leave()


async def in_each_state(process: Process, person: Come) -> dict[Person, State]:
    """Two of them play, two connect, one waits for somebody, and so on."""
    some = partial(person, process)
    playing = [await some().to_room() for _ in range(2)]
    session = await matched(*playing)
    await connected(session, *playing)
    for one in playing:
        assert (await one.upload(chunk(session, 0)))["accepted"] == 1
    connecting = [await some().to_room() for _ in range(2)]
    await connecting[0].validated(await matched(*connecting))
    arrived, judged = some(), some()
    judged.answers = False
    for one in (arrived, judged):
        await one.join()
        await one.connect()
    assert await judged.screen() is None
    done = await some().to_form()
    await done.say("leave", {"scene_id": "form"})
    return {
        **dict.fromkeys(playing, State.PLAYING),
        **dict.fromkeys(connecting, State.MATCHED),
        await some().to_room(): State.WAITING,
        await some().to_form(): State.IN_SCENE,
        arrived: State.ARRIVED,
        judged: State.SCREENING,
        done: State.DONE,
    }


async def test_a_kill_in_each_state(process: Process, person: Come) -> None:
    states = await in_each_state(process, person)
    assert set(states.values()) == set(State)
    expected = {one.id: state for one, state in states.items()}
    await until(lambda: dict(process.stored("select id, state from participants")) == expected, "all to be there")
    process.end(signal.SIGKILL)
    process.start()
    pages = await asyncio.gather(*(person(process, one).to_the_end() for one in states))
    ends = [page.get("outcome", "completed") for page in pages]
    assert ends == ["withdrew" if state == State.DONE else "completed" for state in states.values()]
    process.end(signal.SIGTERM)
    check_files(process, expected)


def check_files(process: Process, people: dict[str, State]) -> None:
    """One outcome and one code for each, and every match is explained."""

    def rows(name: str) -> list[dict[str, str]]:
        with (process.data / name).open(newline="") as file:
            return list(csv.DictReader(file))

    assert {row["participant_id"] for row in rows("participants.csv") if row["outcome"]} == people.keys()
    codes = {row["participant_id"]: row["code"] for row in rows("completion_codes.csv")}
    assert codes.keys() == people.keys() and len(set(codes.values())) == len(people)
    finished = process.stored("select participant_id from events where name = 'finished'")
    assert sorted(finished) == sorted((one,) for one in people)
    matches = [json.loads(line) for line in (process.data / "matches.jsonl").read_text().splitlines()]
    assert [one["result"] for one in matches].count("server_restarted") == 1
    played = [one for match in matches if match["result"] == "playing" for one in match["members"]]
    assert sorted(played) == sorted(one for one, state in people.items() if state != State.DONE)
    assert {row["end_reason"] for row in rows("sessions.csv")} == {"completed", "server_restarted"}
