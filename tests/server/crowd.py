"""People who take part without a browser, in virtual time: they read, hesitate, wait, play, and are as people are."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol, TypeVar

import msgspec

from interactive_gym.protocol import PROTOCOL_VERSION, Join, ResumeRequest, Upload
from interactive_gym.server import ingest
from interactive_gym.server.desk import clock
from tests.server.meeting import ARCHIVE
from tests.server.rows import whole_episode
from tests.server.screened import LAPTOP
from tests.server.virtual import Line, Lost

T = TypeVar("T")

FRAMES = 12  # of an episode: two chunks
GIVEN_UP_S = 12.0  # after which a partner's page is not waited for in a game
NOT_LONG_S = 45.0  # a place is kept for longer
LAST_PAGES = ("end", "completion_code", "outcome")
# What happens to people: how often, and for how long they are away then.
MISHAPS: Mapping[str, tuple[int, float]] = {
    "reload": (6, 2.0),
    "crash": (3, 5.0),  # a reload of which the server hears nothing
    "second_tab": (3, 1.0),
    "flap": (5, 0.0),  # the connection is lost, and the page stays
    "away": (3, 150.0),
    "silent": (2, 20.0),  # the page answers no probes
    "vanish": (2, 0.0),  # for ever, with or without a word
    "shut": (2, 0.0),
}


class Server(Protocol):
    """As much of ``machine.Machine`` as people need."""

    desk: Any
    limits_s: Mapping[str, float]  # scene -> after which nobody waits there any longer

    async def connect(self, person: Person, auth: Mapping[str, Any]) -> Line | str: ...
    async def http(self, verb: Callable[..., T], *arguments: Any) -> T: ...
    def game(self, person: Person, match: Mapping[str, Any]) -> Game: ...
    def note(self, person: Person, what: str, **fields: object) -> None: ...
    def check(self, is_so: bool, problem: str) -> None: ...


@dataclass
class Game:
    """A session, as those who are in it see each other without the server."""

    match: Mapping[str, Any]
    lasts_s: float
    agents: dict[str, Person] = field(default_factory=dict)  # those who have heard of it
    ends_at: float | None = None
    unheard: dict[str, float] = field(default_factory=dict)  # since when

    def begin(self, now: float) -> None:
        self.ends_at = self.ends_at or now + self.lasts_s

    def is_over(self, now: float) -> bool:
        return self.ends_at is not None and now >= self.ends_at

    def has_lost(self, me: Person, now: float) -> bool:
        """Whether everybody else has been away for too long."""
        others = [one for one in self.agents.values() if one is not me]
        for one in others:
            if one.plays is self:
                self.unheard.pop(one.id, None)
        return bool(others) and all(now - self.unheard.setdefault(one.id, now) > GIVEN_UP_S for one in others)


class Person:
    """Somebody. Whatever they do is drawn from ``random``."""

    def __init__(self, server: Server, number: int, random: Random) -> None:
        self.server, self.number, self.random = server, number, random
        self.token = self.id = ""
        self.tabs = 1
        self.line: Line | None = None
        self.latency_s = random.choice((0.005, 0.02, 0.05, 0.09))
        self.is_silent = False
        self.silent_at: float | None = None  # since when nothing comes from them
        self.has_vanished = False
        self.last: Mapping[str, Any] | None = None  # their last page
        self.plays: Game | None = None  # with a page that is there
        self._bout: Game | None = None  # in the memory of their page,
        self._has_met = False  # and whether it has begun
        self._generation = 0
        self._is_calm = False
        self._waited: dict[str, tuple[float, float]] = {}  # scene -> for how long, and when they were told

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _draw(self, low: float, high: float) -> float:
        return 0.1 if self._is_calm else self.random.uniform(low, high)

    def _is_case(self, chance: float) -> bool:
        return not self._is_calm and self.random.random() < chance

    # --- their days -------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Until they are done, or have vanished."""
        await asyncio.sleep(self._draw(0, 240))
        await self._join()
        while self.last is None and not self.has_vanished:
            await self._until_mishap(asyncio.create_task(self._page()))
        if self._is_case(0.3) and not self.has_vanished:
            await self._look_again()

    async def come_back(self) -> None:
        """After they had vanished; from now on nothing happens to them."""
        self._is_calm, self.has_vanished, self.is_silent, self.silent_at = True, False, False, None
        self.tabs += 1
        if not self.id:
            await self._join()
        await self._page()

    async def _look_again(self) -> None:
        """A last page stays as it is, in whatever tab."""
        self.tabs += 1
        before, self.last = self.last, None
        await self._page()
        self.server.check(self.last == before, f"{self.id} has seen {before}, and now {self.last}")

    async def _join(self) -> None:
        subject = None if self.number % 3 else f"subject-{self.number}"
        query = {"skill": str(self.number % 4), "bad": "yes" if self.number % 17 == 16 else ""}

        async def join() -> tuple[str, str]:
            desk = self.server.desk
            found = await self.server.http(desk.study.join, Join(subject, query), clock())
            return desk.tokens.issue(found.id), found.id

        self.token, self.id = await self._insist(join)

    async def _until_mishap(self, page: asyncio.Task[None]) -> None:
        """Until the page is done, or something happens that it does not outlive."""
        while True:
            await asyncio.wait({page}, timeout=self.random.expovariate(1 / 90))
            if page.done():
                return page.result()
            what = self.random.choices([*MISHAPS], [often for often, _ in MISHAPS.values()])[0]
            self.server.note(self, what)
            if what == "flap" and self.line:
                self.line.leave()
            elif what == "silent":
                self.is_silent, self.silent_at = True, self._now
                await asyncio.wait({page}, timeout=self._draw(1, MISHAPS[what][1]))
                self.is_silent, self.silent_at = False, None
            elif what != "flap":
                page.cancel()
                await asyncio.wait({page})
                return await self._befallen(what)

    async def _befallen(self, what: str) -> None:
        """The page is gone."""
        self.plays = self._bout = None
        if self.line and what != "second_tab":
            self.line.leave(says_so=what in ("reload", "shut") or (what == "away" and self._is_case(0.5)))
        if what in ("vanish", "shut"):
            self.has_vanished, self.silent_at = True, self._now
        elif what == "second_tab":
            self.tabs += 1
        await asyncio.sleep(self._draw(0, MISHAPS[what][1]))

    # --- a page -----------------------------------------------------------------------------------------------------

    async def _page(self) -> None:
        """All that one page does, whatever becomes of its connection."""
        takeover, failures = False, 0
        while self.last is None:
            auth = {"token": self.token, "tab": f"tab-{self.tabs}", "protocol": PROTOCOL_VERSION, "takeover": takeover}
            auth["playing"] = self._playing()
            try:
                found = await self.server.connect(self, auth)
                if isinstance(found, str):
                    self.server.check(found == "other_tab", f"{self.id} cannot connect: {found}")
                    takeover = True
                else:
                    self.line = found
                    await self._follow()
            except Lost:
                failures += 1
                await asyncio.sleep(min(10, 0.5 * 2**failures))

    def _playing(self) -> dict[str, Any] | None:
        """What a page says that connects again in the middle of a game."""
        if self._bout is None or not self._has_met:
            return None
        return {"session_id": self._bout.match["session_id"], "generation": self._generation, "is_in": True}

    async def _follow(self) -> None:
        page = (await self._hear("scene", 30))[1]
        while page["kind"] not in LAST_PAGES:
            page = await self._pass(page)
        self.plays, self.last = None, page
        self.server.note(self, "done", outcome=page.get("outcome"))

    async def _pass(self, page: Mapping[str, Any]) -> Mapping[str, Any]:
        """Does what the page wants; returns the next one."""
        if page["kind"] == "start" and page["screening"] and (turned_away := await self._screened()):
            return turned_away
        if page["kind"] == "gym":
            return await (self._alone(page) if page["session_id"] else self._together(page))
        await asyncio.sleep(self._draw(1, 25))
        if page.get("refuse") and self._is_case(0.03):
            return await self._say("leave", {"scene_id": page["scene_id"], "refuses": True})
        if page.get("leaving") and self._is_case(0.03):
            return await self._say("leave", {"scene_id": page["scene_id"]})
        return await self._say("advance", {"scene_id": page["scene_id"], "responses": {"answer": "yes"}})

    async def _screened(self) -> Mapping[str, Any] | None:
        device = "mobile" if self.number % 13 == 12 else "desktop"
        await self._say("screen", {**LAPTOP, "device": device})
        event, body = await self._hear("verdict", 60, or_else="scene")
        return None if event == "verdict" else body  # type: ignore[no-any-return]

    async def _alone(self, page: Mapping[str, Any]) -> Mapping[str, Any]:
        request = ResumeRequest(page["session_id"], f"tab-{self.tabs}")
        desk = self.server.desk
        resumed = await self.server.http(desk.study.resume, self.id, request, clock())
        await asyncio.sleep(self._draw(1, 10))
        if resumed.episode == 0:
            await self._upload(page["session_id"], resumed.generation, slice(None))
        return await self._say("advance", {"scene_id": page["scene_id"]})

    # --- with others ------------------------------------------------------------------------------------------------

    async def _together(self, page: Mapping[str, Any]) -> Mapping[str, Any]:
        scene = page["scene_id"]
        if self._bout and self._has_met and self._bout.match["game"]["scene_id"] == scene:
            return await self._play(page, self._bout)
        self._bout = None
        await asyncio.sleep(self._draw(0, 10))  # instructions
        wait = _Wait(self.server.limits_s[scene])
        room = await self._say("enlist", {"scene_id": scene, "archive": ARCHIVE})
        if room["kind"] != "room":
            return room  # type: ignore[no-any-return]
        wait.told(room, self._now)
        if page.get("leaving") and self._is_case(0.05):
            await asyncio.sleep(self._draw(0, 20))
            return await self._say("leave", {"scene_id": scene})
        connects_at: float | None = None
        while True:
            heard = await self._line.next(self._in(connects_at))
            self.server.check(not wait.is_too_long(self._now), f"{self.id} waits too long in {scene}: {wait}")
            if heard is None:
                if connects_at is not None:
                    connects_at = None
                    await self._connects()
            elif heard[0] == "scene":
                return heard[1]  # type: ignore[no-any-return]
            elif heard[0] == "room":
                self._check_waited(scene, heard[1]["waited_s"])
                wait.told(heard[1], self._now)
            elif heard[0] == "unmatched":
                self._bout, connects_at = None, None
                wait.told(heard[1]["room"], self._now, anew=True)
            elif heard[0] == "match":
                wait.ends()
                self._meet(heard[1])
                connects_at = None if self._is_case(0.05) else self._now + self._draw(0.1, 4)
                if heard[1]["returning"] or heard[1]["restart"]:
                    self._has_met = True
            elif heard[0] == "play" and self._bout:
                self._has_met = True
            if self._bout and self._has_met:
                return await self._play(page, self._bout)

    def _check_waited(self, scene: str, waited_s: float) -> None:
        """Whoever has not been away for long has waited all the time, whatever has become of page and server."""
        before, told_at = self._waited.get(scene, (0.0, -math.inf))
        since_s = self._now - told_at
        is_kept = since_s > NOT_LONG_S or waited_s >= before + since_s - 1
        self.server.check(is_kept, f"{self.id} waited in {scene} for {before} s {since_s} s ago, and for {waited_s} s")
        self._waited[scene] = waited_s, self._now

    def _in(self, at: float | None) -> float:
        return 5.0 if at is None else max(0.0, at - self._now)

    def _meet(self, match: Mapping[str, Any]) -> None:
        self._bout, self._has_met, self._generation = self.server.game(self, match), False, match["generation"]

    async def _connects(self) -> None:
        assert self._bout
        session = self._bout.match["session_id"]
        problem = "no way" if self._is_case(0.05) else None
        others = [(agent, one) for agent, one in self._bout.agents.items() if one is not self]
        rtts = {agent: 2_000 * (self.latency_s + other.latency_s) for agent, other in others}
        await self._line.call("validated", {"session_id": session, "problem": problem, "rtt_ms": rtts})

    async def _play(self, page: Mapping[str, Any], game: Game) -> Mapping[str, Any]:
        scene, session = page["scene_id"], game.match["session_id"]
        self.plays = game
        game.begin(self._now)
        if page["is_monitored"]:
            looks_away = self._is_case(0.06)
            hides = looks_away and self._is_case(0.5)
            await self._line.call("looking", {"scene_id": scene, "is_looking": not looks_away, "is_hidden": hides})
        await self._upload(session, self._generation, slice(0, 1))
        while not game.is_over(self._now):
            heard = await self._line.next(1.0)
            if heard and heard[0] == "scene":
                return heard[1]  # type: ignore[no-any-return]
            if heard and heard[0] == "match":
                await self._play_on(heard[1], slice(0, 1))
            if game.has_lost(self, self._now):
                self.plays = None
                return await self._say("fail", {"scene_id": scene, "reason": "partner_left"})
            if page.get("leaving") and self._is_case(0.002):
                self.plays = None
                return await self._say("leave", {"scene_id": scene})
        await self._upload(session, self._generation, slice(None))
        return await self._say("advance", {"scene_id": scene})

    async def _play_on(self, match: Mapping[str, Any], seconds: slice) -> None:
        """Nobody was left who had played, and all begin again together; or so the server thinks."""
        self._meet(match)
        self._has_met = True
        await self._upload(match["session_id"], self._generation, seconds)

    # --- talking ----------------------------------------------------------------------------------------------------

    @property
    def _line(self) -> Line:
        assert self.line
        return self.line

    def answers_after_s(self) -> float | None:
        """How long their page takes for a probe; None: it does not answer."""
        if self.is_silent:
            return None
        return 3.0 if self._is_case(0.01) else self.random.uniform(0, 0.02)

    async def _say(self, verb: str, body: Mapping[str, Any]) -> Any:
        """Until it is accepted; or, as in any page, until the server shows another one."""
        for _ in range(60):
            answer = await self._line.call(verb, body)
            if not answer or answer["kind"] != "refused":
                return answer
            self.server.note(self, "refused", verb=verb, reason=answer["reason"])
            heard = await self._line.next(1.0)
            if heard and heard[0] == "scene":
                return heard[1]
            if heard and heard[0] == "match" and verb == "advance":
                await self._play_on(heard[1], slice(None))
        self.server.check(False, f"{self.id} is always refused: {verb} {body}: {answer}")

    async def _hear(self, event: str, timeout: float, or_else: str = "") -> tuple[str, Any]:
        until = self._now + timeout
        while (heard := await self._line.next(max(0.0, until - self._now))) is not None:
            if heard[0] in (event, or_else):
                return heard
        self.server.check(self.is_silent, f"{self.id} has waited in vain for {event}")
        raise Lost

    async def _upload(self, session: str, generation: int, which: slice) -> None:
        items = whole_episode(session, FRAMES, generation=generation)[which]
        decoded = ingest.decode(msgspec.convert({"items": items}, Upload)).items
        await self._insist(lambda: self.server.http(ingest.store, self.id, decoded, clock()))

    async def _insist(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        while True:
            try:
                return await work()
            except Lost:
                await asyncio.sleep(1.0)


@dataclass
class _Wait:
    """How long somebody has been in a waiting room, as they were told."""

    limit_s: float
    waited_s: float = 0.0
    told_at: float | None = None
    since: float | None = None  # without a match

    def told(self, room: Mapping[str, Any], now: float, *, anew: bool = False) -> None:
        self.waited_s, self.told_at = room["waited_s"], now
        if self.since is None or anew:
            self.since = now

    def ends(self) -> None:
        self.since = None

    def is_too_long(self, now: float) -> bool:
        """Some seconds are for asking who is there, and for a matcher that says nothing."""
        if self.since is None or self.told_at is None or now - self.since < 15:
            return False
        return self.waited_s + now - self.told_at > self.limit_s + 15
