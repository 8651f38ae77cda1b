"""What the worker calls: once after Python has started, then once for each game."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from interactive_gym.browser import spec, stand_ins
from interactive_gym.browser.answers import bytes_of
from interactive_gym.browser.match import Match
from interactive_gym.browser.picture import look_of
from interactive_gym.browser.play import Play
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.probe import Probe, probe, probed
from interactive_gym.game.speed import frame_cost

PROBE_SEED = 0  # any: what is looked for is the same in every session
FASTEST = 1e6  # times real time; no clock is so fine that more could be measured


@dataclass(frozen=True)
class _Prepared:
    """A game, and what is known of it before it is played.

    Attributes:
        frame_cost: What a frame takes on this machine, in seconds; None if it could not be measured.
    """

    game_json: str
    spec: spec.Spec
    probed: Probe
    frame_cost: float | None


class Runtime:
    """A Python that is ready to open games.

    Attributes:
        world: In which they are played.
    """

    def __init__(self, world: VirtualWorld) -> None:
        self.world = world
        self._prepared: _Prepared | None = None

    def open_game(self, game_json: str, session_json: str) -> Play:
        """Import the environment of a game. It is made only if there is something to be known of it before.

        Args:
            game_json: ``protocol_game.Game``.
            session_json: ``{"session_id": str, "seed": int}``.

        Raises:
            EnvError: See :meth:`known`.
        """
        return Play(self.known(game_json), self.world, json.loads(session_json)["seed"])

    def prepare_game(self, game_json: str) -> float | None:
        """Import the environment of a game, and make it once to see what has to be known of it, and how fast it is.

        All that does not depend on who plays, so that it is done by the time when somebody does. Said again of the same
        game, it does nothing.

        Args:
            game_json: ``protocol_game.Game``.

        Returns:
            How many times faster than it is played it can be played here; None if that could not be measured.

        Raises:
            EnvError: A module of the game does not import, the environment cannot be made or reset, or it does not fit
                the config; ``stage`` says which.
        """
        prepared = self._preparation(game_json)
        cost = prepared.frame_cost
        return None if cost is None else min(FASTEST, 1 / max(cost * prepared.spec.fps, 1e-9))

    def open_match(self, game_json: str, match_json: str, chunks: Iterable[Any] = ()) -> Match:
        """Make a game of several people, which was prepared or is now.

        Args:
            game_json: ``protocol_game.Game``.
            match_json: ``protocol.Match``.
            chunks: ``protocol.Replay``, decoded: each is bytes, or JavaScript's ``Uint8Array``.

        Raises:
            EnvError: A module of the game does not import, the environment cannot be made or reset, or it does not fit
                the config; ``stage`` says which.
        """
        match = json.loads(match_json)
        prepared = self._preparation(game_json)
        mine = replace(prepared.spec, human=match["agent"])
        recorded = [bytes_of(chunk) for chunk in chunks]
        cost = prepared.frame_cost or 0.0
        return Match(mine, self.world, json.loads(game_json), match, prepared.probed, recorded, frame_cost=cost)

    def _preparation(self, game_json: str) -> _Prepared:
        if self._prepared is None or self._prepared.game_json != game_json:
            imported = self.imported(game_json)
            found = probe(imported, self.world, PROBE_SEED, look_of(imported))
            is_kept = len(imported.humans) > 1
            cost = frame_cost(imported, self.world, PROBE_SEED, found, is_kept=is_kept)
            self._prepared = _Prepared(game_json, replace(imported, no_state=found.no_state), found, cost)
        return self._prepared

    def known(self, game_json: str) -> spec.Spec:
        """What a game consists of, fit to play episodes whose records are compared with those of others.

        Where records tell of states, an environment is made and drawn once, to see what of it is none.

        Args:
            game_json: ``protocol_game.Game``.

        Raises:
            EnvError: A module of the game does not import, the environment cannot be made or reset, or it does not fit
                the config; ``stage`` says which.
        """
        if self._prepared is not None and self._prepared.game_json == game_json:
            return self._prepared.spec
        game = self.imported(game_json)
        return probed(game, self.world, PROBE_SEED, look_of(game))

    def imported(self, game_json: str) -> spec.Spec:
        """What a game consists of.

        Args:
            game_json: ``protocol_game.Game``.

        Raises:
            EnvError: A module of the game does not import; ``stage`` is ``"import"``.
        """
        # Numbers that a module draws while it is imported, and the time that it notes, are the same in every browser.
        with self.world.frame(0, 0, -1, fps=1):
            imported = spec.load(game_json)
        gc.collect()
        gc.freeze()  # what was imported stays: collections during play need not look at it again
        return imported


def prepare(entropy_hook: Callable[..., None] | None = None) -> Runtime:
    """Make this Python fit for environments. Call it before any other package is imported.

    Args:
        entropy_hook: Switches the entropy that is taken below Python (``crypto.getRandomValues``); see
            ``VirtualWorld.install``.
    """
    stand_ins.install()
    world = VirtualWorld()
    world.install(entropy_hook)
    if find_spec("numpy") is not None:
        import numpy.random  # noqa: F401  (its own import takes entropy: not within a frame)
    return Runtime(world)
