"""What all parts of a session look at: where it stands, who is there, and the way out for messages and events."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.errors import LinkError
from interactive_gym.netcode.events import (
    Ended,
    EpisodeEnded,
    Event,
    HandedBack,
    Reason,
    Rejected,
    Slowed,
    TakenOver,
)
from interactive_gym.netcode.inputs import NOBODY
from interactive_gym.netcode.lifecycle import Cause, Phase, follow
from interactive_gym.netcode.link import Link
from interactive_gym.netcode.messages import Message, Pace
from interactive_gym.netcode.pacing import Ticker, Window
from interactive_gym.netcode.requests import ABSENT, FOCUSED, HUMAN, SOURCE, Input
from interactive_gym.netcode.tempo import Tempo
from interactive_gym.netcode.timeline import Replays, Timeline
from interactive_gym.netcode.timesync import TimeSync

Handlers = dict[type, Callable[[int, Any], None]]
"""By the type of a message: who acts on it, given the peer that it came from."""

SERVER = 255
"""The number under which the server sends and gets control messages."""

_EVENTS = 10_000  # that nobody fetched; then the oldest go


class Shared:
    """The state of a session.

    Attributes:
        phase: See ``lifecycle``.
        epoch: Counts episodes and restarts, modulo 256; whatever was sent in another one changes nothing.
        present: Peers whose inputs everybody waits for.
        gone: Peers that cannot come back.
        turns: How often each peer was cut in this epoch.
        changed: The frame of the latest change of who is present, in this epoch.
        input_delay: Frames, in this episode.
        now: The time of the call that is being served.
    """

    def __init__(self, config: Config, me: int, boot: int, now: float, frame_cost: float = 0.0) -> None:
        self.config = config
        self.me = me
        self.now = now
        self.phase = Phase.GREETING
        self.epoch = 0
        self.episode = 0
        self.present = set(config.peers)
        self.gone: set[int] = set()
        self.turns = dict.fromkeys(config.peers, 0)
        self.changed = -1
        self.input_delay = 0 if config.input_delay == "auto" else config.input_delay
        self.events: deque[Event] = deque(maxlen=_EVENTS)
        self.window = Window(config.fps, config.max_window)
        self.sync = TimeSync(config.fps)
        self.tempo = Tempo(config, self.window, self.sync, frame_cost)
        self.ticker = Ticker(config.fps)
        self.replays = Replays()
        # Silence counts from when a connection can be expected, not from the first moment.
        patience = max(0.0, config.connect_timeout - config.silence_timeout)
        self.links = {peer: Link(peer, now + patience) for peer in config.peers if peer != me}
        self.channels = {peer: ControlChannel(boot) for peer in (*self.links, SERVER)}
        self.timeline = self.new_timeline()

    @property
    def others(self) -> list[int]:
        """The present peers but this one, the lowest first."""
        return sorted(self.present - {self.me})

    @property
    def awaited(self) -> set[int]:
        """The absent peers without whom no frame is played."""
        return set(self.config.peers) - self.present - self.gone if self.config.awaits else set()

    def awaited_after(self, peers: Iterable[int] | None = None) -> int:
        """The last frame that has the inputs of ``peers``, else of all who are awaited; -1 if all are there."""
        absent = self.awaited if peers is None else peers
        players = (player for peer in absent for player in self.config.players_of(peer))
        return min((self.timeline.queues[player].last for player in players), default=-1)

    @property
    def coordinator(self) -> int:
        """Who stamps changes and says when to start: the lowest of those who are present."""
        return min(self.present, default=NOBODY)

    def owners(self, present: Iterable[int] | None = None) -> tuple[int, ...]:
        """Who sends each player's inputs, which follows from who is present; nobody acts for those who are awaited."""
        if self.config.awaits:
            return self.config.carriers
        here = self.present if present is None else set(present)
        deputy = min(here, default=NOBODY)
        replaced = self.config.bots | self.config.substituted
        carriers = enumerate(self.config.carriers)
        return tuple(
            carrier if carrier in here else deputy if player in replaced else NOBODY for player, carrier in carriers
        )

    def new_timeline(self) -> Timeline:
        """An episode of which nothing is known."""
        return Timeline(self.config, self.owners(), self.window, self.replays)

    def thaw(self) -> None:
        """Take inputs of everybody but those who are awaited."""
        for queue in self.timeline.queues:
            queue.is_frozen = False
        self.freeze_absent()

    def freeze_absent(self) -> None:
        """Nobody adds to the inputs of those who are awaited before it is agreed that they are back."""
        for player, carrier in enumerate(self.config.carriers):
            if self.config.awaits and carrier not in self.present:
                self.timeline.queues[player].is_frozen = True

    def new_epoch(self, epoch: int, episode: int) -> None:
        """Another episode, or the same one again from somewhere: nothing that was said of frames is true any more."""
        self.epoch, self.episode = epoch, episode
        self.turns = dict.fromkeys(self.config.peers, 0)
        self.changed = -1
        self.tempo.measure()
        self.timeline = self.new_timeline()
        self.freeze_absent()
        self.sync.clear()
        for link in self.links.values():
            link.new_episode()

    def set_pace(self, pace: Pace) -> None:
        """All have agreed on how fast this episode is played."""
        if self.tempo.take(pace) and pace.factor > 1:
            self.emit(Slowed(self.tempo.pace.factor, self.tempo.pace.slow))

    def enter(self, cause: Cause) -> None:
        """Go on to the next phase."""
        self.phase = follow(self.phase, cause)

    def send(self, peer: int, message: Message) -> None:
        """Send a control message; the server is a peer, too."""
        try:
            self.channels[peer].send(message)
        except LinkError as error:  # it has not acknowledged anything for so long that it will never matter
            self.emit(Rejected(peer, str(error)))

    def broadcast(self, message: Message, also: Iterable[int] = ()) -> None:
        """Send to everybody who is present, and to some more."""
        for peer in {*self.others, *also} - {self.me}:
            self.send(peer, message)

    def emit(self, event: Event) -> None:
        """Tell whoever wants to know."""
        self.events.append(event)

    def end_episode(self, reason: Reason, agreed: int | None = None) -> None:
        """Say that no more frames of it will be committed."""
        last = self.timeline.last_with_results
        self.emit(EpisodeEnded(self.episode, last, last if agreed is None else min(agreed, last), reason))

    def end(self, reason: Reason, text: str = "") -> None:
        """The session is over for this peer, in mid-episode or not."""
        if self.phase is Phase.ENDED:
            return
        is_replayed = self.timeline.committed >= 0  # after a restart it has frames before it begins
        if is_replayed or self.phase in (Phase.PLAYING, Phase.ENDING, Phase.AWAY):
            finished: Reason = "failed" if self.timeline.has_failed else "over"
            self.end_episode(finished if self.timeline.is_complete else reason)
        self.enter(Cause.OVER)
        self.emit(Ended(reason, text))

    def hand_over(self, player: int, first: int, owner: int) -> None:
        """From frame ``first`` on, ``owner`` sends the inputs of ``player``."""
        queue = self.timeline.queues[player]
        before = queue.owner
        queue.is_frozen = False
        if before == self.me != owner:
            for missing in range(queue.last + 1, first):
                queue.add(missing, self.marked(player, Input(self.config.default_actions[player])))
            self.emit(HandedBack(player, first))
        queue.assign(first, owner)
        self.freeze_absent()
        if owner == self.me:
            for link in self.links.values():
                link.expects(player, first)
            if before != self.me and player not in self.config.humans_of(self.me):
                self.emit(TakenOver(player, first))

    def marked(self, player: int, given: Input) -> Input:
        """``given`` as it goes into the game: of a human in whose place it is given here, it says so."""
        if player in self.config.bots or self.config.carriers[player] == self.me:
            return given
        flags = given.flags & ~FOCUSED | ABSENT
        return given._replace(flags=flags & ~SOURCE if flags & SOURCE == HUMAN else flags)

    def longest_round_trip(self) -> float:
        """To those who are present, in seconds, with room for the unexpected where nothing was measured."""
        trips = [self.links[peer].smoothed_rtt for peer in self.others]
        return max((0.2 if trip is None else trip for trip in trips), default=0.0)
