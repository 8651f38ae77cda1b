"""What the peers of a session have to agree on before it begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from interactive_gym.netcode.requests import Input

Predict = Callable[[Sequence[bytes]], bytes]
"""From a player's confirmed actions, oldest first (at most 30, at least one), to the action to expect next."""

DIGEST_EVERY = 10  # frames; records have the hashes of these states, so a change is one of the records
MAX_PEERS = 32
MAX_INPUT_DELAY = 30
MAX_WINDOW = 32  # with twice this and twice the delay under way, all inputs that miss an acknowledgement fit a datagram


@dataclass(frozen=True)
class Config:
    """A session, as the server's match message describes it to every member.

    Attributes:
        fps: Frames per second.
        carriers: For each player, the peer that sends its inputs; peers are small numbers, by habit that of the human.
        default_actions: For each player, the action of somebody who does nothing.
        input_delay: In frames, for all players alike; ``"auto"`` adapts it between episodes to the slowest link.
        prediction: What is expected of players whose inputs are not there yet: their last action, their default
            action, or what a function says.
        episodes: How many are played.
        slowest: How many times slower than ``fps`` says an episode may be played for the sake of slow peers.
        bots: Players that are no humans. If their carrier is cut, the lowest present peer takes them over.
        substituted: Humans whom the lowest present peer plays by a bot while they are absent.
        on_disconnect: ``"continue"`` cuts a silent peer after ``cut_after``; ``"pause"`` waits for ``pause_timeout``.
        on_leave: What follows when somebody is lost: ``"end"`` of the game, which with ``"pause"`` waits for them;
            ``"smaller"``, the others play on; ``"bot"``, and those in ``substituted`` are played meanwhile.
        connect_timeout: Seconds that a peer may take until it is heard for the first time.
        cut_after: Seconds.
        pause_timeout: Seconds.
        return_timeout: Seconds after a cut within which a peer may come back; catching up does not count.
        stuck_after: Seconds without progress after which a peer is to be cut that is heard and yet holds up the others.
        settle_timeout: Seconds within which the remaining peers must have agreed on a cut.
        server_timeout: Seconds after which a peer that waits for the server ends the episode where it stands.
        on_mismatch: What follows when two peers' states differ: ``"end"`` of the episode, or ``"log"``.
        digest_every: Frames.
        max_window: The largest number of frames played on predicted inputs.
        is_action: Whether bytes are an action of a player. Anything else from a peer is refused.
        fingerprint: What must be equal on all peers (archive hash, action codec, ...), by name.
    """

    fps: float
    carriers: tuple[int, ...]
    default_actions: tuple[bytes, ...]
    input_delay: int | Literal["auto"] = 2
    prediction: Literal["repeat", "default"] | Predict = "repeat"
    episodes: int = 1
    slowest: float = 1.5
    bots: frozenset[int] = frozenset()
    substituted: frozenset[int] = frozenset()
    on_disconnect: Literal["continue", "pause"] = "continue"
    on_leave: Literal["end", "smaller", "bot"] = "smaller"
    connect_timeout: float = 15.0
    cut_after: float = 1.0
    pause_timeout: float = 5.0
    return_timeout: float = 30.0
    stuck_after: float = 5.0
    settle_timeout: float = 2.0
    server_timeout: float = 10.0
    on_mismatch: Literal["end", "log"] = "end"
    digest_every: int = DIGEST_EVERY
    max_window: int = 8
    is_action: Callable[[int, bytes], bool] = lambda player, action: True
    fingerprint: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for problem, is_wrong in _checks(self):
            if is_wrong:
                raise ValueError(problem)

    @property
    def players(self) -> range:
        """All of them."""
        return range(len(self.carriers))

    @property
    def peers(self) -> tuple[int, ...]:
        """All of them, the lowest first."""
        return tuple(sorted(set(self.carriers)))

    @property
    def silence_timeout(self) -> float:
        """Seconds of silence after which a peer is to be cut."""
        return self.cut_after if self.on_disconnect == "continue" else self.pause_timeout

    @property
    def awaits(self) -> bool:
        """Whether no frame is played without somebody who was cut: they come back, or the game is over."""
        return self.on_disconnect == "pause" and self.on_leave == "end"

    def players_of(self, peer: int) -> tuple[int, ...]:
        """The players that ``peer`` carries as long as it is present."""
        return tuple(p for p in self.players if self.carriers[p] == peer)

    def humans_of(self, peer: int) -> tuple[int, ...]:
        """The players that come and go with ``peer``."""
        return tuple(p for p in self.players if self.carriers[p] == peer and p not in self.bots)


@dataclass(frozen=True)
class Restart:
    """Where all peers go on after everybody was lost.

    Attributes:
        epoch: One that was not used before.
        episode: From 0.
        inputs: Of each player, for the frames from 0 on that count; the game goes on after them.
        gone: Peers that do not come back. All others are waited for, as at the beginning of a session.
    """

    epoch: int
    episode: int
    inputs: tuple[tuple[Input, ...], ...]
    gone: frozenset[int] = frozenset()


def _checks(config: Config) -> list[tuple[str, bool]]:
    players = set(config.players)
    delay = config.input_delay
    return [
        ("carriers: there is no player", not players),
        (f"carriers: numbers from 0 to {MAX_PEERS - 1}", not all(0 <= c < MAX_PEERS for c in config.carriers)),
        ("default_actions: one for each player", len(config.default_actions) != len(players)),
        (f"input_delay: 0 to {MAX_INPUT_DELAY}, or 'auto'", delay != "auto" and not 0 <= delay <= MAX_INPUT_DELAY),
        ("fps: must be positive", not config.fps > 0),
        ("episodes: at least one", config.episodes < 1),
        ("slowest: 1 or more", not 1 <= config.slowest < math.inf),
        ("bots: not among the players", not config.bots <= players),
        ("substituted: not among the human players", not config.substituted <= players - config.bots),
        ("digest_every: at least 1", config.digest_every < 1),
        (f"max_window: 2 to {MAX_WINDOW} frames", not 2 <= config.max_window <= MAX_WINDOW),
    ]
