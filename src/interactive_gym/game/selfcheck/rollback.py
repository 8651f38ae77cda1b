"""Whether a game can go back: a restored environment has to be the one that was saved, whoever has looked at it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from interactive_gym.envs.anatomy import ROOT, Description, describe, differences
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.envs.snapshot import Snapshot
from interactive_gym.envs.state_digest import StateDigest, changed_by
from interactive_gym.errors import EnvError
from interactive_gym.game.host import Answer, Host
from interactive_gym.game.probe import Look
from interactive_gym.game.selfcheck.choices import Choices
from interactive_gym.game.selfcheck.findings import SHOWN, Findings, Json, Severity, listed
from interactive_gym.game.setup import Setup, load_setup
from interactive_gym.netcode.requests import Advance, Begin, Input, Load, Request, Save
from interactive_gym.netcode.testing.synctest import Difference, SyncTest
from interactive_gym.policies.roster import HUMAN_NAME

FRAMES = 120  # of the sync test
WINDOW = 8  # as a session goes back at most
TRIALS = 4  # of looking through all that was restored
DEEPEST = 30  # frames between a save and its load there
REPEATS = 20  # for the cost
CLOSURE = ".<closure>."


@dataclass
class Found:
    """What was not as before.

    Attributes:
        difference: What came out differently when it was played again.
        not_restored: What a load left as it was, by path.
        reordered: Sets that iterate in another order after a load.
        different: What differs after the frames that were played again, where nothing was left by the load.
        drawn: What only drawing has changed, and so came out differently.
    """

    difference: Difference | None = None
    not_restored: dict[str, None] = field(default_factory=dict)
    reordered: dict[str, None] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)

    @property
    def hidden(self) -> list[str]:
        """State where no snapshot finds it."""
        return [path for path in self.not_restored if CLOSURE in path]

    def add(self, before: Description, after: Description) -> None:
        """Note what a load did not bring back."""
        self.not_restored.update(dict.fromkeys(differences(before, after, [ROOT, *before.outside])))
        orders = before.orders.items()
        self.reordered.update(dict.fromkeys(path for path, order in orders if after.orders.get(path, order) != order))


def check_rollback(
    game: Mapping[str, Any], world: VirtualWorld, seed: int, findings: Findings, look: Look | None = None
) -> Json:
    """Play random episodes as the host of a session does, going back all the time.

    Args:
        look: Does to an environment what drawing does to it.

    Returns:
        ``method``, ``exact``, ``first_difference`` (frames after a restore), ``not_restored`` and ``reordered``
        (paths), ``bytes``, ``save_ms``, ``load_ms``, ``digest_ms``; of an environment that cannot be saved only the
        first two.
    """
    trial = _Trial(game, world, seed, look)
    severity = severity_of(game)
    try:
        found = trial.run()
        costs = trial.costs()
    except EnvError as error:
        findings.add(severity, error.problem, "see the documentation of get_state() and set_state()")
        return {"method": trial.method, "exact": False}
    _report(found, trial.method, severity, findings)
    difference = found.difference
    return {
        "method": trial.method,
        "exact": difference is None and not found.hidden,
        "first_difference": None if difference is None else difference.frame - difference.loaded,
        "not_restored": list(found.not_restored)[:SHOWN],
        "reordered": list(found.reordered)[:SHOWN],
        **costs,
    }


class _Trial:
    """A game that is played for the check, and what is done with it."""

    def __init__(self, game: Mapping[str, Any], world: VirtualWorld, seed: int, look: Look | None) -> None:
        setup = replace(load_setup(game), record_observations=True)
        self.host = Host(setup, world, seed, look=look)
        self.host.fulfil(Begin(0))
        self.method = Snapshot(self.host.episode.env).method
        self._inputs = _RandomInputs(game, setup, self.host, seed)
        self._world, self._seed, self._look = world, seed, look

    def run(self) -> Found:
        """Go back again and again, then look into what was found."""
        found = Found(difference=self._sync_test(self.host))
        if found.difference is None and self._look is not None:
            found.difference = self._sync_test(_Drawn(self.host, self._look_at))
            if found.difference is not None:
                found.drawn = self._changed_by_drawing(found.difference)
                return found
        for number in range(TRIALS):
            rng = random.Random(f"{self._seed}/snapshot/{number}")
            self._go_back(number, rng.randint(0, DEEPEST), rng.randint(1, DEEPEST), found)
        if found.difference is not None:
            self._explain(found.difference, found)
        return found

    def costs(self) -> Json:
        """What going back costs, in the state that was played last."""
        snapshot, digest = Snapshot(self.host.episode.env), StateDigest(self.host.no_state)
        data = snapshot.save()
        return {
            "bytes": len(data),
            "save_ms": self._median_ms(snapshot.save),
            "load_ms": self._median_ms(lambda: snapshot.load(data)),
            "digest_ms": self._median_ms(lambda: digest.of(self.host.episode.env)),
        }

    def _sync_test(self, host: Host | _Drawn) -> Difference | None:
        return SyncTest(host, self._inputs, self._seed, WINDOW).run(FRAMES)

    def _go_back(self, episode: int, start: int, depth: int, found: Found) -> None:
        """Look through what was restored when ``depth`` frames had been played from ``start`` on."""
        self._begin(episode, start)
        if self.host.failure or self.host.episode.over:  # short games are tried from their start
            self._begin(episode, 0)
        start = self.host.episode.frame + 1
        self.host.fulfil(Save(start, hashed=False))
        before = describe(self.host.episode.env)
        for _ in range(2):  # a second load must not find what the first play left
            self._play(start + depth)
            self.host.fulfil(Load(start))
            found.add(before, describe(self.host.episode.env))

    def _explain(self, difference: Difference, found: Found) -> None:
        episode, end = difference.episode, difference.frame + 1
        self._go_back(episode, difference.loaded, difference.depth, found)
        if found.not_restored:
            return
        self._play(end)
        again = describe(self.host.episode.env)
        self._begin(episode, end)
        found.different = differences(describe(self.host.episode.env), again)

    def _changed_by_drawing(self, difference: Difference) -> list[str]:
        self._begin(difference.episode, difference.frame + 1)
        changed = changed_by(self.host.episode.env, lambda env: self._look_at())
        return sorted(f"{cls}.{name}" for cls, name in changed - self.host.no_state or changed)

    def _look_at(self) -> None:
        """Draw the newest frame. Whatever else is wrong with that is found where it is drawn to be seen."""
        episode = self.host.episode
        if self._look is not None:
            with suppress(Exception), self._world.drawing(self._seed, episode.number, episode.frame):
                self._look(episode.env)

    def _begin(self, episode: int, frames: int) -> None:
        self.host.fulfil(Begin(episode))
        self._play(frames)

    def _play(self, end: int) -> None:
        """Play the frames before ``end`` that are not played."""
        host = self.host
        while not (host.failure or host.episode.over) and host.episode.frame + 1 < end:
            frame = host.episode.frame + 1
            host.fulfil(Advance(frame, self._inputs(host.episode.number, frame), is_live=False))

    def _median_ms(self, action: Callable[[], object]) -> float:
        seconds = []
        for _ in range(REPEATS):
            started = self._world.stopwatch()
            action()
            seconds.append(self._world.stopwatch() - started)
        return round(median(seconds) * 1000, 4)


class _RandomInputs:
    """The inputs of all players, by (episode, frame)."""

    def __init__(self, game: Mapping[str, Any], setup: Setup, host: Host, seed: int) -> None:
        self._game, self._agents, self._actions, self._seed = game, setup.agents, host.actions, seed
        self._codecs = dict(zip(setup.agents, host.actions.codecs, strict=True))
        self._known: dict[int, tuple[Choices, list[tuple[Input, ...]]]] = {}

    def __call__(self, episode: int, frame: int) -> tuple[Input, ...]:
        if episode not in self._known:
            self._known[episode] = Choices(self._game, self._codecs, f"{self._seed}/{episode}"), []
        choices, known = self._known[episode]
        while len(known) <= frame:
            chosen = choices.next()
            encoded = [self._actions.encode(player, chosen[agent]) for player, agent in enumerate(self._agents)]
            known.append(tuple(Input(action) for action in encoded))
        return known[frame]


class _Drawn:
    """A host whose environment is drawn before each live frame, as it is for participants: after all replays."""

    def __init__(self, host: Host, draw: Callable[[], None]) -> None:
        self._host = host
        self._draw = draw
        self.result = host.result

    def fulfil(self, request: Request) -> Answer:
        if isinstance(request, Advance) and request.is_live:
            self._draw()
        return self._host.fulfil(request)


def severity_of(game: Mapping[str, Any]) -> Severity:
    """Only games of several people roll back."""
    return "error" if list(game["policies"].values()).count(HUMAN_NAME) > 1 else "warning"


def _report(found: Found, method: str, severity: Severity, findings: Findings) -> None:
    paths = listed(found.hidden or list(found.not_restored))
    difference = found.difference
    if found.drawn:
        what = f"drawing changes {listed(found.drawn)}, so the game depends on what was drawn"
        findings.add(severity, what, "change nothing in the environment when you draw", "rendering", "draw")
    elif difference is not None:
        culprit = f": {paths} is not restored" if paths else f": {listed(found.different)}" if found.different else ""
        frames = difference.frame - difference.loaded + 1
        what = f"the same actions give something else after a restore ({frames} frames on){culprit}"
        findings.add(severity, what, fix_of(found, method))
    elif found.hidden:
        findings.add(severity, f"{paths} is state that no snapshot can hold", fix_of(found, method))
    elif paths:
        what = f"{paths} is not restored, though nothing that was recorded depended on it"
        findings.add("info", what, fix_of(found, method))
    if found.reordered:
        what = f"the set {listed(list(found.reordered))} iterates in another order after a restore"
        findings.add(severity, what, "iterate over sorted(...) of it, or keep a dict instead")


def fix_of(found: Found, method: str) -> str:
    if found.hidden:
        return "keep it as an attribute of the environment, not in a variable of an enclosing function"
    if any(not path.startswith(ROOT) for path in found.not_restored):
        return "keep it on the environment: classes and modules are shared by all environments of a process"
    if method == "hooks":
        return "have get_state() return it and set_state() put it back"
    return "give the environment get_state() and set_state(state)"
