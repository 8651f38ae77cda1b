"""Players who hide the tab of their game: for how long they may, and for how long the others wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.netcode.messages import CutGranted, Wish
from interactive_gym.protocol import Looking
from interactive_gym.server import hiding, watching
from interactive_gym.server.hiding import Hiding
from interactive_gym.server.matches import InGame
from interactive_gym.server.presence import Connected
from tests.server.matched import Page
from tests.server.meeting import Player, end_reason, events, gym, playing, session_state, state_of, study
from tests.server.running import DEADLINE_S, Running

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]
Again = Callable[..., Awaitable[Player]]
ANN, BOB = 1, 2  # peers: 0 is a bot


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "ROUND_S", 0.05)


def shared(**rules: Any) -> ig.Experiment:
    return study(gym("game").multiplayer(**rules))


async def look(player: Player, *, is_hidden: bool, is_looking: bool = False, scene_id: str = "game") -> Any:
    said = {"scene_id": scene_id, "is_looking": is_looking, "is_hidden": is_hidden}
    return await player.socket.call("looking", said, timeout=DEADLINE_S)


async def hide(player: Player) -> None:
    assert await look(player, is_hidden=True) is None


async def show(player: Player) -> None:
    assert await look(player, is_hidden=False, is_looking=True) is None


async def wished(page: Page, change: str, *peers: int) -> None:
    """Until the server wishes this; what it wished before does not count any more."""
    while (last := await page.told(Wish)).change != change or last.peers != peers:
        pass


async def test_pages_of_games_of_several_say_what_they_see(serve: Serve, come: Come) -> None:
    server = serve(shared())
    ann = await come(server)
    assert (await ann.advance("welcome"))["is_monitored"] is True


async def test_who_hides_for_too_long_is_out_without_any_monitoring(serve: Serve, come: Come) -> None:
    server = serve(shared(hidden_timeout=1))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    page = Page(bob, BOB)
    await hide(ann)
    last = await ann.sees()
    assert (last["outcome"], last["header"]) == ("focus_timeout", "You were away for too long")
    granted = await page.told(CutGranted)
    assert (granted.peer, granted.is_gone) == (ANN, True)
    assert (await bob.failed("partner_left"))["outcome"] == "partner_left"
    assert end_reason(server, session) == "hidden"
    assert events(server, "game_paused") == [], "bob was not interrupted"


async def test_another_window_in_front_is_no_hidden_tab(serve: Serve, come: Come) -> None:
    server = serve(shared(hidden_timeout=1))
    ann, bob = await come(server), await come(server)
    await playing(ann, bob)
    await look(ann, is_hidden=False, is_looking=False)
    await hide(bob)
    assert (await bob.sees())["outcome"] == "focus_timeout"
    assert state_of(server, ann) == ("playing", None)


async def test_the_others_wait_for_who_hides(serve: Serve, come: Come) -> None:
    server = serve(shared(when_hidden="pause"))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    page = Page(bob, BOB)
    await hide(ann)
    await wished(page, "pause", ANN)
    await hide(bob)
    await wished(page, "pause", ANN, BOB)
    await show(ann)
    await wished(page, "pause", BOB)
    await show(bob)
    await wished(page, "resume")
    (paused,), (resumed,) = events(server, "game_paused"), events(server, "game_resumed")
    assert (paused["session_id"], paused["reason"], paused["data"]) == (session, "hidden", {"players": ["human-0"]})
    assert resumed["data"]["players"] == ["human-0", "human-1"]


class Table:
    """A game of ann and bob in which time passes as a test says, with all that a :class:`Hiding` needs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **rules: Any) -> None:
        self.now, self.wishes, self.excluded = 100.0, ["resume"], []
        monkeypatch.setattr(hiding, "steady", lambda: self.now)
        self.games = {who: InGame("s", "game", peer, who, 0.0, True) for peer, who in ((ANN, "ann"), (BOB, "bob"))}
        self.holders = {who: Connected(who, f"sid-{who}", "tab") for who in self.games}
        self.study = self.presence = self.log = self
        self.experiment = shared(**rules)
        self.hiding = Hiding(self, self, self)  # type: ignore[arg-type]

    def holder(self, who: str) -> Connected | None:
        return self.holders.get(who)

    def connected(self, who: str) -> bool:
        return who in self.holders

    def game_of(self, who: str) -> InGame | None:
        return self.games.get(who)

    def games_in(self, session: str) -> dict[str, InGame]:
        return self.games

    def playing(self) -> set[str]:
        return {"s"}

    def info(self, *message: Any, **named: Any) -> None: ...

    warning = info

    def wish(self, session: str, change: str, peers: Any) -> None:
        self.wishes.append(change)

    async def write(self, *what: Any) -> None: ...

    async def exclude(self, exclusion: Any) -> bool:
        self.excluded.append(exclusion.playing.participant_id)
        del self.games[exclusion.playing.participant_id]
        return True

    async def say(self, who: str, *, is_hidden: bool, scene_id: str = "game") -> None:
        await self.hiding.said(self.holders[who], Looking(scene_id, not is_hidden, is_hidden))

    async def pass_(self, seconds: float) -> float:
        """Returns for how many of these seconds the game paused."""
        paused = 0
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            await self.hiding.round()
            paused += self.wishes[-1] == "pause"
        return paused / 10


@pytest.mark.parametrize("hidden_s", [0.2, 3, 9])
async def test_nobody_pauses_the_others_for_ever(monkeypatch: pytest.MonkeyPatch, hidden_s: float) -> None:
    """A page that comes back for a moment, again and again, is never away for too long, and the game goes on."""
    table = Table(monkeypatch, when_hidden="pause", hidden_timeout=10)
    paused = 0.0
    for _ in range(50):
        await table.say("ann", is_hidden=True)
        paused += await table.pass_(hidden_s)
        await table.say("ann", is_hidden=False)
        await table.say("ann", is_hidden=False, scene_id="game2")  # which is no way to begin anew
        await table.pass_(0.2)
    assert paused <= 10
    assert table.wishes.count("pause") <= 10, "each of them stops the game"
    assert table.excluded == []
    await table.pass_(11)
    await table.say("ann", is_hidden=True)
    assert await table.pass_(8.5) == pytest.approx(8.5, abs=0.2), "who was there for a while is waited for again"


async def test_time_without_a_connection_counts_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(monkeypatch, when_hidden="pause", hidden_timeout=30)
    await table.say("ann", is_hidden=True)
    line = table.holders.pop("ann")
    assert await table.pass_(100) == pytest.approx(hiding.SILENT_S, abs=0.2)
    assert table.excluded == [], "the page cannot say that it is back"
    table.holders["ann"] = Connected("ann", "another", "tab")
    await table.pass_(1)
    assert table.excluded == [], "and has not said yet that it is not"
    await table.say("ann", is_hidden=True)
    await table.pass_(0.1)
    assert table.excluded == [line.participant_id]
    await table.pass_(0.1)
    assert table.wishes[-1] == "resume"


async def test_who_waits_in_a_hidden_tab_has_all_the_time_when_the_game_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(monkeypatch, hidden_timeout=10)
    games, table.games = table.games, {}
    await table.say("ann", is_hidden=True)
    await table.pass_(100)
    table.games = {who: replace(game, since=table.now) for who, game in games.items()}
    await table.pass_(9)
    assert table.excluded == []
    await table.pass_(2)
    assert table.excluded == ["ann"]


async def test_without_a_limit_the_others_wait_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(monkeypatch, when_hidden="pause", hidden_timeout=None)
    await table.say("ann", is_hidden=True)
    assert await table.pass_(1000) == 1000
    assert table.excluded == []


async def test_a_page_that_hides_and_goes_is_not_waited_for(
    serve: Serve, come: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hiding, "SILENT_S", 0.2)
    server = serve(shared(when_hidden="pause", hidden_timeout=None))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    page = Page(bob, BOB)
    await hide(ann)
    await wished(page, "pause", ANN)
    await ann.socket.disconnect()
    await wished(page, "resume")
    assert session_state(server, session) == "playing"


async def test_who_leaves_while_hidden_holds_up_nobody(serve: Serve, come: Come) -> None:
    server = serve(shared(when_hidden="pause"))
    ann, bob = await come(server), await come(server)
    await playing(ann, bob)
    page = Page(bob, BOB)
    await hide(ann)
    await wished(page, "pause", ANN)
    await ann.failed("step_failed")
    await wished(page, "resume")


async def test_a_reload_keeps_the_time_for_which_it_was_hidden(serve: Serve, come: Come, again: Again) -> None:
    server = serve(shared(hidden_timeout=1))
    ann, bob = await come(server), await come(server)
    await playing(ann, bob)
    for _ in range(100):
        ann = await again(server, ann)
        await hide(ann)
        if state_of(server, ann) != ("playing", None):
            break
        await asyncio.sleep(0.1)  # who reloads more often asks too much of the server
    assert state_of(server, ann) == ("done", "focus_timeout")


@pytest.mark.parametrize("is_back", [False, True])
async def test_a_restart_of_the_server_in_a_pause(serve: Serve, come: Come, again: Again, is_back: bool) -> None:
    rules = {"when_hidden": "pause"}
    server = serve(shared(**rules))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    page = Page(bob, BOB)
    await hide(ann)
    await wished(page, "pause", ANN)
    server.stop()
    server = serve(shared(**rules))
    bob, ann = await again(server, bob), await again(server, ann)
    page = Page(bob, BOB)
    await show(bob)
    if not is_back:
        await hide(ann)
        await wished(page, "pause", ANN)
    await show(ann)
    await wished(page, "resume")
    assert session_state(server, session) == "playing"


async def test_nobody_speaks_for_somebody_else(serve: Serve, come: Come) -> None:
    server = serve(shared(when_hidden="pause", hidden_timeout=1))
    ann, bob, eve = [await come(server) for _ in range(3)]
    await playing(ann, bob)
    await hide(eve)
    await look(ann, is_hidden=True, scene_id="welcome")
    extra = {"scene_id": "game", "is_looking": False, "is_hidden": True, "participant_id": bob.id}
    assert (await eve.say("looking", extra))["reason"] == "malformed"
    await show(ann)
    await show(bob)
    cem = await come(server)
    await playing(eve, cem)
    assert (await eve.sees())["outcome"] == "focus_timeout"
    assert (state_of(server, ann), state_of(server, bob)) == (("playing", None), ("playing", None))
    assert {event["data"]["players"][0] for event in events(server, "game_paused")} == {"human-0"}
    assert len(events(server, "game_paused")) == 1
