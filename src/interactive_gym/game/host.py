"""The environment's side of a netcode session: it does what the session asks for."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Protocol, TypedDict

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.game.actions import Actions
from interactive_gym.game.episode import Episode, Saved
from interactive_gym.game.ledger import Ledger, Result, Seen
from interactive_gym.game.probe import Look, Probe, probe
from interactive_gym.game.recorder import Finished
from interactive_gym.game.setup import Setup
from interactive_gym.netcode.requests import Advance, Begin, Commit, Input, Load, Request, Save
from interactive_gym.records import PLAYED, encode, encode_fields

DIGEST_SIZE = 16  # bytes


class Answer(TypedDict, total=False):
    """What ``Session.done`` takes."""

    terminal: bool
    failed: bool
    cost: float
    digest: bytes


class Asking(Protocol):
    """What is needed of a ``netcode`` session."""

    def advance(self, now: float) -> Iterable[Request]: ...

    def done(self, *, terminal: bool = False, failed: bool = False, cost: float = 0.0, digest: bytes = b"") -> None: ...


@dataclass(frozen=True, slots=True)
class _Kept:
    """A state: where the episode stands, and a digest of all that was played before."""

    episode: Saved
    past: bytes


class Host:
    """One game, whose frames a session asks for.

    Args:
        setup: What is played. Its agents are the session's players, in their order.
        world: Where it is played.
        session_seed: What all peers of the session know.
        look: Does to an environment whatever drawing does to it; the same on all peers, so for all players where each
            sees something else. What that changes is not compared between peers.
        watched: Agents whose observations are wanted, see :meth:`take_seen`: those that bots play, or may come to.
        probed: What a look at the game has found already; else one is taken now.

    Attributes:
        actions: What each player can do.
        no_state: Attributes of the environment that are not compared between peers.
        fingerprint: What has to be equal on all peers, by name; for the session's config.
        failure: Why the frame after the last one could not be played: the environment raised. None after a rollback.

    Raises:
        EnvError: The environment cannot be made or reset, or does not fit the config.
    """

    def __init__(
        self,
        setup: Setup,
        world: VirtualWorld,
        session_seed: int,
        *,
        look: Look | None = None,
        watched: Collection[str] = (),
        probed: Probe | None = None,
    ) -> None:
        found = probe(setup, world, session_seed, look) if probed is None else probed
        self.actions = Actions(setup.agents, found.codecs)
        self.no_state = found.no_state
        no_state = ", ".join(sorted(f"{cls}.{name}" for cls, name in found.no_state))
        self.fingerprint = {"actions": found.spaces, "no_state": no_state}
        self.failure: EnvError | None = None
        self._setup = replace(setup, no_state=found.no_state)
        self._world = world
        self._seed = session_seed
        self._watched = watched
        self._game: tuple[Episode, Ledger] | None = None
        self._kept: dict[int, _Kept] = {}
        self._past = b""
        self._hashed: bytes | None = None  # what the state's digest is after the step that was just made
        self._failed_at: int | None = None
        self._begun_early: int | None = None

    @property
    def episode(self) -> Episode:
        """The running one, as it stands: after the newest frame, which may turn out to be wrong."""
        return self._running[0]

    @property
    def committed(self) -> int:
        """The newest frame that is final; -1 after the reset."""
        return self._running[1].committed

    @property
    def over(self) -> str | None:
        """Why the episode has ended, once that is final."""
        return self._running[1].over

    def fulfil(self, request: Request) -> Answer:
        """Do what is asked, and say what ``Session.done`` is to be told.

        That ``step`` raises is the result of a frame; all other errors are the end of this peer's game.

        Raises:
            EnvError: The environment cannot be made, reset, saved or put back, or a chunk is too large to be stored.
            RuntimeError: The session asks for what cannot be done.
        """
        began = self._world.stopwatch()
        answer = self._do(request)
        answer["cost"] = self._world.stopwatch() - began
        return answer

    def begin_early(self, episode: int) -> None:
        """Make an episode that is going to be asked for next; when it is, that costs nothing.

        Raises:
            EnvError: The environment cannot be made or reset.
        """
        self._begin(episode)
        self._begun_early = episode

    def result(self, frame: int) -> bytes:
        """What playing ``frame`` gave, as bytes that are equal where it is; of frames that are not committed."""
        return b"failed" if frame == self._failed_at else self._running[1].cells(frame)

    def take_chunks(self) -> list[Finished]:
        """The chunks that committed frames have completed since the last call."""
        return self._running[1].take_chunks()

    def take_seen(self) -> list[Seen]:
        """What watched agents saw in the frames that were committed since the last call, and after the reset."""
        return self._running[1].take_seen()

    def end_episode(self) -> None:
        """No frame of the episode will be committed any more: what is left is a chunk, too."""
        self._running[1].finish()

    def close(self) -> None:
        """Let the environment free what it holds."""
        if self._game is not None:
            self.episode.close()
        self._game = None

    @property
    def _running(self) -> tuple[Episode, Ledger]:
        if self._game is None:
            raise RuntimeError("no episode has begun")
        return self._game

    def _do(self, request: Request) -> Answer:
        match request:
            case Begin():
                if request.episode != self._begun_early:
                    self._begin(request.episode)
                self._begun_early = None
            case Save():
                return {"digest": self._save(request.frame, request.hashed)}
            case Load():
                self._load(request.frame)
            case Advance():
                return self._advance(request.frame, request.inputs)
            case Commit():
                self._running[1].commit(request)
                for frame in [frame for frame in self._kept if frame < request.keep]:
                    del self._kept[frame]
        return {}

    def _begin(self, number: int) -> None:
        self.close()
        self._kept.clear()
        self.failure = self._failed_at = self._hashed = None
        episode = Episode(self._setup, self._world, self._seed, number)
        ledger = Ledger(self._setup, episode.row)
        self._game = episode, ledger
        self._past = blake2b(b"".join(encode_fields(episode.row, PLAYED)), digest_size=DIGEST_SIZE).digest()
        ledger.see(-1, self._watched_now(episode))

    def _save(self, frame: int, is_hashed: bool) -> bytes:
        self._check_next(frame)
        self._kept[frame] = _Kept(self.episode.save(), self._past)
        return self._digest() if is_hashed else b""

    def _load(self, frame: int) -> None:
        episode, ledger = self._running
        kept = self._kept[frame]
        episode.load(kept.episode)
        self._past = kept.past
        self.failure = self._failed_at = self._hashed = None
        ledger.forget_from(frame)
        for later in [later for later in self._kept if later > frame]:
            del self._kept[later]

    def _advance(self, frame: int, inputs: Sequence[Input]) -> Answer:
        self._check_next(frame)
        if self.episode.over is not None:
            raise RuntimeError(f"frame {frame} is asked for, but the episode is over")
        try:
            result = self._played(inputs)
        except (Exception, SystemExit) as error:  # an environment may even call sys.exit()
            self.failure, self._failed_at = _described(error), frame
            return {"failed": True}
        self._running[1].add(frame, result)
        past = blake2b(self._past, digest_size=DIGEST_SIZE)
        for cell in result.cells:
            past.update(cell)
        self._past = past.digest()
        return {"terminal": result.over is not None}

    def _played(self, inputs: Sequence[Input]) -> Result:
        episode = self.episode
        acting = episode.acting
        actions = {
            agent: self.actions.plain(player, inputs[player].action)
            for player, agent in enumerate(self._setup.agents)
            if agent in acting
        }
        row = episode.step(actions, {}, {}, {})  # who chose them may still change until the frame is committed
        self._hashed = bytes.fromhex(row.state_hash) if row.state_hash else None
        cells = encode_fields(row, PLAYED)
        return Result(tuple(given.action for given in inputs), acting, cells, self._watched_now(episode), episode.over)

    def _watched_now(self, episode: Episode) -> dict[str, object]:
        seen = episode.standing.observations
        return {agent: deepcopy(seen[agent]) for agent in self._watched if agent in seen}

    def _digest(self) -> bytes:
        """Of the environment, of where the episode stands, and of all records up to here."""
        standing = self.episode.standing
        counted = [standing.row.frame, standing.actions, standing.done, standing.scores, standing.over]
        state = self._hashed or self.episode.states.digest(self.episode.env)
        parts = state, self._past, encode(counted)
        return blake2b(b"".join(parts), digest_size=DIGEST_SIZE).digest()

    def _check_next(self, frame: int) -> None:
        if self.failure is not None or frame != self.episode.frame + 1:
            raise RuntimeError(f"frame {frame} is asked for after frame {self.episode.frame}: {self.failure}")


def run(session: Asking, host: Host, now: float) -> None:
    """Let ``session`` go on until ``now``; ``host`` does what it asks for. Raises what :meth:`Host.fulfil` does."""
    for request in session.advance(now):
        session.done(**host.fulfil(request))


def _described(error: BaseException) -> EnvError:
    """``error`` without the frames of Python that it keeps alive."""
    if isinstance(error, EnvError):
        return EnvError(error.problem, stage=error.stage, detail=error.detail or traceback.format_exc())
    return EnvError(f"step() raised {type(error).__name__}: {error}", stage="step", detail=traceback.format_exc())
