"""A whole study in virtual time: the real server on a real store, killed and started again, and a crowd of people.

Whatever happens, what is stored is looked at after every few commits, and what people are told while they are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from structlog.contextvars import get_contextvars

import interactive_gym as ig
from interactive_gym.scenes import GymScene
from interactive_gym.server.desk import Desk
from interactive_gym.server.ice import Ice
from interactive_gym.server.presence import Presence
from interactive_gym.server.room import rules_for
from interactive_gym.server.sockets import Sockets
from interactive_gym.server.study import Study, rules_of
from interactive_gym.server.tokens import Tokens
from tests.server.crowd import Game, Person
from tests.server.invariants import Seen, problems_of, snapshot
from tests.server.meeting import ARCHIVE
from tests.server.virtual import OUTSIDE, Line, Lost, VirtualLoop, VirtualStore, Wires

T = TypeVar("T")

LOOKED_AT_EVERY = 8  # commits
STORED_S = 0.05  # a write takes less
ASKED_S = 2.5  # whoever has been silent for longer has not answered that they are there
PATIENCE_S = 3_600.0  # for everybody to come to an end
QUIET_S = 120.0  # after which games are ended that everybody has left


class NoFiles:
    """They are written by a thread, and have tests of their own."""

    def update(self) -> None: ...


@dataclass
class History:
    """What happened: in place of the server's log."""

    loop: VirtualLoop
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=3_000))
    problems: list[str] = field(default_factory=list)
    watch: Callable[[str, Mapping[str, Any]], None] = lambda event, fields: None
    bound: Mapping[str, Any] = field(default_factory=dict)

    def bind(self, **fields: Any) -> History:
        return History(self.loop, self.lines, self.problems, self.watch, {**self.bound, **fields})

    def info(self, event: str, **fields: Any) -> None:
        named = {**get_contextvars(), **self.bound, **fields}
        self.lines.append(f"{self.loop.now:10.3f} {event} {named}")
        self.watch(event, named)

    def error(self, event: str, **fields: Any) -> None:
        self.info(event, **fields)
        if event == "handler_failed":
            self.problems.append(f"a handler has failed: {fields!r}")

    warning = info

    def log(self, _: int, event: str, **fields: Any) -> None:
        self.info(event, **fields)


class Machine:
    """One run. What happens in it is drawn from ``seed``."""

    def __init__(
        self, loop: VirtualLoop, folder: Path, study: Callable[[int], ig.Experiment], seed: int, people: int
    ) -> None:
        """``study``: what the file of the experiment says at the start with this number; the first one is 0."""
        self.loop, self.random = loop, Random(seed)
        self._edited, self.study = study, study(0)
        self._path, self._key = folder / "study.db", "key" * 20
        self.history = History(loop, watch=self._happened)
        self.people = [Person(self, number, Random(f"{seed}/{number}")) for number in range(people)]
        self.limits_s: dict[str, float] = {}
        self.games: dict[str, Game] = {}
        self.seen = Seen()
        self.restarts = self._connections = self._commits = 0
        self._dies_at: int | None = None  # commit
        self._up: tuple[Desk, Sockets, Wires] | None = None
        self._by_id: dict[str, Person] = {}

    # --- the run ----------------------------------------------------------------------------------------------------

    async def run(self, deaths: int) -> None:
        """Everybody comes to their end, or has vanished; then those come back, and do so too."""
        await self._start()
        living = {asyncio.create_task(person.live()) for person in self.people}
        dying = asyncio.create_task(self._die(deaths))
        await self._all(living)
        await dying
        self._check("when all were through or gone")
        await self._all({asyncio.create_task(one.come_back()) for one in self.people if one.has_vanished})
        await asyncio.sleep(QUIET_S)
        self._check("at the end", is_end=True)
        for person in self.people:
            self.seen.check_page(person.id, person.last or {}, self.check)
        self._kill()
        await asyncio.sleep(1.0)

    async def _all(self, tasks: set[asyncio.Task[None]]) -> None:
        until = self.loop.now + PATIENCE_S
        while tasks and self.loop.now < until:
            done, tasks = await asyncio.wait(tasks, timeout=5.0, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
            assert not self.history.problems, self.history.problems
        stuck = [one.id for one in self.people if one.last is None and not one.has_vanished]
        assert not tasks, f"these never came to an end: {stuck}"

    async def _die(self, deaths: int) -> None:
        """Now at any moment, now right after a commit of which nobody has been told."""
        for _ in range(deaths):
            await asyncio.sleep(self.random.uniform(20, 300))
            self._dies_at = self._commits + self.random.randint(1, 30)
            await asyncio.sleep(self.random.choice((0.0, 10.0)))
            if self._up:
                self._kill()
            await asyncio.sleep(self.random.uniform(0.5, 20))
            self.restarts += 1
            await self._start()

    # --- the server -------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        await self.loop.within(self._started())
        self._check("after the start")

    async def _started(self) -> None:
        self.study = self._edited(self.restarts)
        for scene in self.study.sequence:
            if isinstance(scene, GymScene) and rules_of(scene):
                self.limits_s[scene.id] = rules_for(scene).patience_s
        store = VirtualStore(self._path, lambda: self.random.uniform(0.001, 0.02))
        ice, files = Ice(self.study.connections), NoFiles()
        desk = Desk(Study(self.study), store, files, Tokens(self._key), Presence(), ice, self.history)
        sockets = Sockets(desk, ARCHIVE)
        self.history.info("started")
        await sockets.gathering.restart()
        await sockets.matches.restore()
        for one in (sockets.desertion, sockets.news, sockets.watching):
            self.loop.within(one.watch())
        store.listen(self._committed)
        self._up = desk, sockets, sockets.io

    def _kill(self) -> None:
        assert self._up
        desk, _, wires = self._up
        self._up, self._dies_at = None, None
        self.history.info("killed")
        self.loop.kill()
        wires.fall()
        desk.store.close()

    def _committed(self) -> None:
        self._commits += 1
        if self._commits % LOOKED_AT_EVERY == 0:
            self._check(f"after commit {self._commits}")
        if self._commits == self._dies_at:
            self._kill()

    @property
    def desk(self) -> Desk:
        if self._up is None:
            raise Lost
        return self._up[0]

    # --- what people do with it -------------------------------------------------------------------------------------

    async def connect(self, person: Person, auth: Mapping[str, Any]) -> Line | str:
        await asyncio.sleep(person.latency_s)
        if self._up is None:
            raise Lost
        self._by_id[person.id] = person
        self._connections += 1
        wires = self._up[2]
        line = Line(wires, f"sid-{self._connections}", person.latency_s, person.answers_after_s)
        try:
            refused = await self.loop.ask(wires.connect(line, auth))
        except asyncio.CancelledError:
            line.leave(says_so=False)
            raise
        return refused["reason"] if refused else line

    async def http(self, verb: Callable[..., T], *arguments: Any) -> T:
        await asyncio.sleep(0.05)
        return await self.loop.ask(self.desk.write(verb, *arguments))

    def game(self, person: Person, match: Mapping[str, Any]) -> Game:
        """The one to which this invites."""
        session = match["session_id"]
        game = self.games.setdefault(session, Game(match, self.random.uniform(5, 40)))
        shared = ("seed", "game", "peers", "archive", "may_relay", "is_mesh")
        same = all(game.match[name] == match[name] for name in shared)
        self.check(same, f"{person.id} is told another game than the others in {session}: {match}")
        known = game.agents.setdefault(match["agent"], person)
        self.check(known is person, f"{person.id} and {known.id} are the same player of {session}")
        return game

    def note(self, person: Person, what: str, **fields: object) -> None:
        self.history.info(what, person=person.id, **fields)

    def check(self, is_so: bool, problem: str) -> None:
        if not is_so:
            self.history.problems.append(f"{self.loop.now:.3f} {problem}")

    # --- looking ----------------------------------------------------------------------------------------------------

    def _happened(self, event: str, fields: Mapping[str, Any]) -> None:
        if event == "matched":
            for one in fields["members"]:
                self._check_presence(one)

    def _check_presence(self, participant_id: str) -> None:
        """Of somebody who has been seated right now."""
        person, now = self._by_id[participant_id], self.loop.now
        line = person.line
        assert line
        for since, most_s in ((line.ended_at, STORED_S), (line.left_at, ASKED_S), (person.silent_at, ASKED_S)):
            away_s = 0.0 if since is None else now - since
            self.check(away_s < most_s, f"{participant_id} is seated, and has been away for {away_s:.3f} s")

    def _check(self, when: str, *, is_end: bool = False) -> None:
        desk = self.desk
        found = desk.store.read_now(snapshot)
        done = {one.id for one in self.people} if is_end else set()
        for problem in problems_of(found, self.study, self.seen, done):
            self.check(False, f"{when}: {problem}")

    def tail(self, lines: int = 60) -> str:
        return "\n".join([*self.history.lines][-lines:])


def run(loop: VirtualLoop, machine: Machine, deaths: int) -> None:
    """Raises whatever goes wrong, with what happened before."""
    try:
        outside = Context()
        outside.run(OUTSIDE.set, True)
        loop.run_until_complete(loop.create_task(machine.run(deaths), context=outside))
        assert not machine.history.problems
    except BaseException:
        print(machine.tail())
        print("\n".join(machine.history.problems))
        raise
