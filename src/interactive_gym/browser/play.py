"""One game in progress, as JavaScript sees it: strings and bytes in, strings and bytes out, and never an exception."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from interactive_gym.browser.answers import bytes_of, report, to_json
from interactive_gym.browser.controls import Controls
from interactive_gym.browser.episode import HUMAN, Episode
from interactive_gym.browser.hud import Hud
from interactive_gym.browser.picture import Picture, View
from interactive_gym.browser.resume import replay
from interactive_gym.browser.spec import Spec
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.recorder import Finished, Recorder

DEFAULT = "default"


class Play:
    """The episodes of one game, one after the other.

    :meth:`begin` and :meth:`tick` answer with a packet, which is JSON::

        {"frame": -1, "draw": {...} | null, "pixels": [width, height] | null, "hud": "..." | null, "step_ms": 0.2,
         "over": null | "terminated" | "truncated" | "max_steps",
         "chunks": [{"index", "first", "rows", "digest"}]}
        {"error": {"stage", "problem", "detail"}}

    After an error packet the game is lost. The bytes that belong to a packet are there until the next call.
    """

    def __init__(self, spec: Spec, world: VirtualWorld, session_seed: int) -> None:
        self._spec = spec
        self._world = world
        self._seed = session_seed
        self._running: _Running | None = None

    def begin(self, episode: int, chunks: Iterable[Any]) -> str:
        """Start ``episode`` (from 0) in a fresh environment, and play on to the end of what was recorded of it.

        Args:
            chunks: Recorded before, in order: bytes, or JavaScript's ``Uint8Array``.
        """
        self.close()
        return self._answer("reset", lambda: self._begin(episode, chunks))

    def tick(self, input_json: str) -> str:
        """Play one frame with ``{"down": [keys], "pressed": [keys], "focused": bool}``."""
        return self._answer("step", lambda: self._current().tick(json.loads(input_json)))

    def chunk(self, position: int) -> bytes:
        """The bytes of a chunk of the last packet."""
        return self._current().finished[position].packed.data

    def pixels(self) -> Any:
        """The RGBA pixels of the last packet, row by row, as a buffer of bytes; valid until the next call."""
        return self._current().view.pixels

    def close(self) -> None:
        """Leave the game."""
        if self._running is not None:
            self._running.episode.close()
        self._running = None

    def _begin(self, number: int, chunks: Iterable[Any]) -> dict[str, Any]:
        recorded = [bytes_of(chunk) for chunk in chunks]
        episode = Episode(self._spec, self._world, self._seed, number)
        self._running = _Running(self._spec, self._world, self._seed, episode)
        return self._running.start(recorded)

    def _current(self) -> _Running:
        if self._running is None:
            raise RuntimeError("no episode has begun")
        return self._running

    def _answer(self, stage: str, action: Callable[[], dict[str, Any]]) -> str:
        try:
            return to_json(action())
        except BaseException as error:  # an environment may even call sys.exit()
            failure = report(stage, error)
            self.close()
            return to_json({"error": failure})


class _Running:
    """The episode that is being played, with everything that lives as long."""

    def __init__(self, spec: Spec, world: VirtualWorld, session_seed: int, episode: Episode) -> None:
        self.episode = episode
        self.view = View()
        self.finished: list[Finished] = []
        self._world = world
        self._seed = session_seed
        self._controls = Controls(spec, episode.human_action)
        native = episode.adapter.native(spec.human)
        self._picture = Picture(spec, native)
        self._hud = Hud(spec, spec.human, native)
        self._recorder = Recorder(spec.fps)

    def start(self, recorded: list[bytes]) -> dict[str, Any]:
        """The first packet: after the reset, or after the last frame of what was ``recorded``."""
        if recorded:
            replay(self.episode, recorded)
        else:
            self.finished = self._recorder.add(self.episode.row, last=False)
        return self._packet(0.0)

    def tick(self, pressed: dict[str, Any]) -> dict[str, Any]:
        episode = self.episode
        if episode.over is not None:
            raise RuntimeError("the episode is over")
        chosen = self._controls.choose(pressed)
        began = self._world.stopwatch()
        row = episode.play(chosen.action, DEFAULT if chosen.is_default else HUMAN, bool(pressed["focused"]))
        step_ms = (self._world.stopwatch() - began) * 1000
        self.finished = self._recorder.add(row, last=episode.over is not None)
        return self._packet(step_ms)

    def _packet(self, step_ms: float) -> dict[str, Any]:
        episode = self.episode
        with self._world.drawing(self._seed, episode.number, episode.frame):
            self.view = self._picture.take(episode.env)
            hud = self._hud.text(episode)
        return {
            "frame": episode.frame,
            "draw": self.view.draw,
            "pixels": self.view.size,
            "hud": hud,
            "step_ms": round(step_ms, 3),
            "over": episode.over,
            "chunks": [finished.head() for finished in self.finished],
        }
