"""Runs in Pyodide, beside the archive that a study's participants had: plays a recorded episode again, frame by frame.

What it plays with is the archive's, and so are the names that it imports: an older study is replayed by the code that
recorded it. It comes with the viewer, and participants do not get it.
"""

from __future__ import annotations

import json
import traceback
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from interactive_gym.browser import spec, stand_ins
from interactive_gym.browser.hud import Hud
from interactive_gym.browser.picture import Picture, View
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.game.episode import Episode, plain_action
from interactive_gym.game.matchconfig import PREDICTION
from interactive_gym.records import PLAYED, Row, encode, unpack
from interactive_gym.records.rows import FIELDS, plain

Json = dict[str, Any]
LONGEST_TEXT = 2_000  # characters of a value that is shown
MOST_KEPT = 200  # frames that differ, of which is kept how
RECENT = 40  # frames; players see no further ahead of what is confirmed


class Replayer:
    """A Python that replays episodes of one game, one after the other."""

    def __init__(self, entropy_hook: Callable[..., None] | None = None) -> None:
        stand_ins.install()
        self._world = VirtualWorld()
        self._world.install(entropy_hook)
        if find_spec("numpy") is not None:
            import numpy.random  # noqa: F401  (as a participant's worker does)

    def open(self, job_json: str, chunks: Iterable[Any]) -> Replay:
        """An episode.

        Args:
            job_json: ``{"game": protocol_game.Game, "seed", "episode", "frames", "predicted"}``. ``predicted`` is
                ``{agent: {frame: count}}``: how many frames beyond the confirmed ones a player saw when a frame was the
                newest.
            chunks: Its record from row -1 on: bytes, or JavaScript's ``Uint8Array``.
        """
        job: Json = json.loads(job_json)
        with self._world.frame(0, 0, -1, fps=1):
            game = spec.load(json.dumps(job["game"]))
        return Replay(_probed(game, self._world), self._world, job, Recording(chunks, job["frames"]))


def _probed(game: spec.Spec, world: VirtualWorld) -> spec.Spec:
    """With what is no part of the environment's state; the records of older archives tell nothing of states."""
    try:
        from interactive_gym.browser.picture import look_of
        from interactive_gym.browser.runtime import PROBE_SEED
        from interactive_gym.game.probe import probed
    except ImportError:
        return game
    return probed(game, world, PROBE_SEED, look_of(game))


class Otherwise(Exception):
    """A frame came out otherwise than it did before: what was saved of the environment is not all of it."""


class Recording:
    """The recorded rows of an episode; one chunk is unpacked at a time."""

    def __init__(self, chunks: Iterable[Any], frames: int) -> None:
        self._chunks = [bytes(chunk.to_bytes() if hasattr(chunk, "to_bytes") else chunk) for chunk in chunks]
        self._firsts = [unpack(chunk)[0].frame for chunk in self._chunks]
        self._unpacked: tuple[int, list[Row]] = (-1, [])
        self.last = frames - 1

    def row(self, frame: int) -> Row:
        position = bisect_right(self._firsts, frame) - 1
        if self._unpacked[0] != position:
            self._unpacked = position, unpack(self._chunks[position])
        return self._unpacked[1][frame - self._firsts[position]]


class Replay:
    """One episode. :meth:`check` it to its end first, then :meth:`show` any frame."""

    def __init__(self, game: spec.Spec, world: VirtualWorld, job: Json, recording: Recording) -> None:
        self._spec, self._world, self._recording = game, world, recording
        self._seed, self._number = job["seed"], job["episode"]
        self._predicted: Mapping[str, Mapping[str, int]] = job["predicted"]
        self._repeats = PREDICTION[game.input_mode] == "repeat"
        self._saves: dict[int, Any] = {}
        self._is_savable = True
        self._last = recording.last
        self._differing: dict[int, list[Json]] = {}
        self._views: list[_Looker] = []
        self._shown: list[View] = []
        self._episode = self._made()
        self._compare(recording.row(-1))
        self._save()

    def check(self, most: int) -> str:
        """Play up to ``most`` further frames and compare them with the record; say how far it is.

        Answers ``{"frame", "last", "frames", "difference", "differing", "savable"}``: ``last`` is the last frame that
        can be shown, ``difference`` is the first one that came out differently than it was recorded, or None.
        """
        for _ in range(most):
            if self._episode.frame >= self._last:
                break
            self._check_next()
        return json.dumps(
            {
                "frame": self._episode.frame,
                "last": self._last,
                "frames": self._recording.last + 1,
                "difference": self._first_difference(),
                "differing": len(self._differing),
                "savable": self._is_savable,
            }
        )

    def show(self, frame: int, with_players: bool) -> str:
        """Go to ``frame``, and look at it; with ``with_players`` also as each of several players saw it.

        Answers ``{"frame", "views", "row", "differences", "savable"}``. A view is ``{"agent", "draw", "pixels", "hud",
        "predicted", "problem"}``; the first one is of what was played in the end.
        """
        self._shown = []
        self._go_to(frame)
        self._looked_at()
        views = [self._seen(self._views[0], 0)]
        if with_players and len(self._views) > 1:
            views += self._experienced(frame)
        recorded = self._recording.row(frame)
        row = {name: _readable(getattr(recorded, name)) for name in FIELDS}
        told = {"frame": frame, "views": views, "row": row, "differences": self._differing.get(frame, [])}
        return json.dumps({**told, "savable": self._is_savable})

    def pixels(self, position: int) -> Any:
        """The RGBA pixels of a view of the last answer, as a buffer of bytes; valid until the next call."""
        return self._shown[position].pixels

    def close(self) -> None:
        self._episode.close()

    def _made(self) -> Episode:
        return Episode(self._spec, self._world, self._seed, self._number)

    def _check_next(self) -> None:
        frame = self._episode.frame + 1
        recorded = self._recording.row(frame)
        if self._episode.over is not None:
            self._stop(frame, "end", "the episode goes on", f"it is over: {self._episode.over}")
            return
        try:
            self._step(recorded.actions)
        except (Exception, SystemExit) as error:
            self._stop(frame, "step", "the frame was played", f"{error}\n{traceback.format_exc()}")
            self._go_back(self._nearest(self._last))  # what was left of the step is undone
            self._go_to(self._last)
            return
        self._compare(recorded)
        if (frame + 1) % self._spec.fps == 0:
            self._save()

    def _stop(self, frame: int, field: str, recorded: str, played: str) -> None:
        """Nothing can be played from ``frame`` on."""
        self._last = frame - 1
        self._differing[frame] = [{"field": field, "recorded": recorded, "played": played[-LONGEST_TEXT:]}]

    def _compare(self, recorded: Row) -> None:
        """At once: environments may change what they gave in place."""
        found = [*differences(self._episode.row, recorded)]
        if found:
            self._differing[recorded.frame] = found if len(self._differing) < MOST_KEPT else []

    def _first_difference(self) -> Json | None:
        return next(({"frame": frame, **found[0]} for frame, found in self._differing.items()), None)

    def _step(self, actions: Mapping[str, Any]) -> None:
        self._episode.step(actions, {}, {}, {})

    def _save(self) -> None:
        """An environment that cannot be saved is played from its reset whenever it is to go back."""
        if self._is_savable:
            try:
                self._saves[self._episode.frame] = self._episode.save()
            except EnvError:
                self._is_savable = False
                self._saves.clear()

    def _go_to(self, frame: int) -> None:
        """To a frame of the record."""
        start = self._nearest(frame)
        if not (-1 if start is None else start) <= self._episode.frame <= frame:
            self._go_back(start)
        try:
            self._play_to(frame)
        except Otherwise:
            self._begin_anew(frame)

    def _play_to(self, frame: int) -> None:
        """Raises Otherwise where that does not come out as when the episode was checked."""
        while self._episode.frame < frame:
            recorded = self._recording.row(self._episode.frame + 1)
            self._step(recorded.actions)
            if recorded.frame in self._differing:
                continue
            if next(differences(self._episode.row, recorded), None) is None:
                continue
            if self._is_savable:
                raise Otherwise
            self._compare(recorded)  # not even from its reset does it come out the same twice

    def _begin_anew(self, frame: int) -> None:
        """From now on the environment is never put back."""
        self._is_savable = False
        self._saves.clear()
        self._go_back(None)
        self._play_to(frame)

    def _nearest(self, frame: int) -> int | None:
        """The last frame before it, or itself, that was saved."""
        return max((known for known in self._saves if known <= frame), default=None)

    def _go_back(self, start: int | None) -> None:
        if start is not None:
            self._episode.load(self._saves[start])
            return
        self._episode.close()
        self._episode = self._made()
        self._views = []

    def _looked_at(self) -> None:
        """Who looks: the first human at what was played in the end, and then each of several at what they had."""
        if not self._views:
            humans = [agent for agent in self._spec.agents if agent in self._spec.humans]
            agents = [humans[0], *(humans if len(humans) > 1 else [])]
            self._views = [_Looker(self._spec, agent, self._episode) for agent in agents]

    def _experienced(self, frame: int) -> list[Json]:
        if not self._is_savable:
            return [self._seen(looker, 0) for looker in self._views[1:]]
        shown = [*self._shown]
        try:
            with self._excursion():
                return [self._expected(looker, frame) for looker in self._views[1:]]
        except Otherwise:
            self._begin_anew(frame)
            self._looked_at()
            self._shown = shown
            return [self._seen(looker, 0) for looker in self._views[1:]]

    @contextmanager
    def _excursion(self) -> Iterator[None]:
        """Whatever is played inside, the episode stands afterwards where it stood."""
        here = self._episode.save()
        self._saves[self._episode.frame] = here
        try:
            yield
        finally:
            self._episode.load(here)
            self._forget_recent()

    def _forget_recent(self) -> None:
        """Keep one save for each second, and those of the last frames, from which players' views are played."""
        passing = [frame for frame in self._saves if frame >= 0 and (frame + 1) % self._spec.fps]
        for frame in sorted(passing, key=lambda one: abs(one - self._episode.frame))[RECENT:]:
            del self._saves[frame]

    def _expected(self, looker: _Looker, frame: int) -> Json:
        """What a player saw when ``frame`` was their newest: from the last confirmed one on, what they expected."""
        ahead = min(self._predicted.get(looker.agent, {}).get(str(frame), 0), frame + 1)
        confirmed = frame - ahead
        self._return_to(confirmed)
        try:
            for number in range(confirmed + 1, frame + 1):
                if self._episode.over is not None:
                    break
                self._step(self._expected_actions(looker.agent, self._recording.row(number), confirmed))
        except Exception as error:
            return self._blind(looker, ahead, f"what was expected cannot be played: {error}")
        return self._seen(looker, ahead)

    def _return_to(self, frame: int) -> None:
        self._go_back(self._nearest(frame))
        self._play_to(frame)

    def _expected_actions(self, me: str, row: Row, confirmed: int) -> Json:
        latest = self._recording.row(confirmed).actions if self._repeats else {}
        known = self._carried_by(me)
        actions = {}
        for agent in self._episode.acting:
            given = row.actions if agent in known else latest
            actions[agent] = given[agent] if agent in given else self._default(agent)
        return actions

    def _carried_by(self, me: str) -> set[str]:
        """Whose actions a player knows at once: their own, and the lowest of the humans those of the bots."""
        game = self._spec
        lowest = next(agent for agent in game.agents if agent in game.humans)
        return {me, *(set(game.agents) - game.humans if me == lowest else ())}

    def _default(self, agent: str) -> object:
        codec = self._episode.codecs[agent]
        try:
            return plain_action(codec, self._spec.default_action)
        except ValueError:  # it is a human's, and a bot's actions are of another kind
            return self._recording.row(max(self._episode.frame, 0)).actions[agent]

    def _seen(self, looker: _Looker, ahead: int) -> Json:
        try:
            with self._world.drawing(self._seed, self._number, self._episode.frame):
                looks = looker.look(self._episode)
        except Exception as error:
            return self._blind(looker, ahead, str(error))
        self._shown.append(looker.view)
        return {**looks, "predicted": ahead, "problem": None}

    def _blind(self, looker: _Looker, ahead: int, problem: str) -> Json:
        self._shown.append(View())
        return {
            "agent": looker.agent,
            "draw": None,
            "pixels": None,
            "hud": None,
            "predicted": ahead,
            "problem": problem,
        }


class _Looker:
    """A player's picture and line of text."""

    def __init__(self, game: spec.Spec, agent: str, episode: Episode) -> None:
        native = episode.adapter.native(agent)
        self.agent = agent
        self.view = View()
        self._picture = Picture(game, native)
        self._hud = Hud(game, agent, native)

    def look(self, episode: Episode) -> Json:
        self.view = self._picture.take(episode.env)
        size = self.view.size
        return {"agent": self.agent, "draw": self.view.draw, "pixels": size, "hud": self._hud.text(episode)}


def differences(played: Row, recorded: Row) -> Iterator[Json]:
    """What was recorded otherwise than it is played: ``field``, ``recorded`` and ``played``."""
    for field in PLAYED:
        one, other = getattr(recorded, field), getattr(played, field)
        if field == "state_hash" and one is None:
            continue  # older records have none
        if encode(one) != encode(other):
            yield from _told(field, one, other)


def _told(field: str, one: Any, other: Any) -> Iterator[Json]:
    """Of a state, which may be large, only those parts that differ."""
    if field != "state" or one is None or other is None:
        yield {"field": field, "recorded": repr(one)[:LONGEST_TEXT], "played": repr(other)[:LONGEST_TEXT]}
        return
    for name in [*one, *(name for name in other if name not in one)]:
        mine, theirs = ({name: state[name]} if name in state else {} for state in (one, other))
        if encode(mine) != encode(theirs):
            said = [repr(part[name])[:LONGEST_TEXT] if part else "nothing" for part in (mine, theirs)]
            yield {"field": f"state.{name}", "recorded": said[0], "played": said[1]}


def _readable(values: Mapping[str, Any] | str | None) -> Json:
    """One text per agent, or per name; what has neither stands under none."""
    if isinstance(values, str):
        return {"": values}
    return {str(agent): json.dumps(plain(value))[:LONGEST_TEXT] for agent, value in (values or {}).items()}
