"""The session: what goes in and out, in which order, and the tick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from interactive_gym.netcode.config import Config, Restart
from interactive_gym.netcode.engine import Engine
from interactive_gym.netcode.errors import HostError, LinkError, WireError
from interactive_gym.netcode.events import Event, Rejected
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.manners import wrong_action
from interactive_gym.netcode.messages import Goodbye
from interactive_gym.netcode.requests import Input, Request
from interactive_gym.netcode.shared import SERVER, Shared
from interactive_gym.netcode.statistics import statistics
from interactive_gym.netcode.timeline import Answer
from interactive_gym.netcode.wire import Datagram, decode


class Session:
    """One peer's side of the game. See the package for how to drive it.

    Args:
        config: The same on all peers.
        peer: This one.
        boot: Grows with every process that speaks for this peer.
        now: Seconds on this peer's own monotonic clock, as in all other methods.
        returning: The game has begun already, and this process knows nothing of it.
        restart: All peers begin anew from here.
        frame_cost: Seconds that a frame takes here with keeping its state, if that was measured before.
    """

    def __init__(
        self,
        config: Config,
        peer: int,
        boot: int,
        now: float,
        *,
        returning: bool = False,
        restart: Restart | None = None,
        frame_cost: float = 0.0,
    ) -> None:
        if peer not in config.peers:
            raise ValueError(f"peer {peer} carries no player; those who do are {list(config.peers)}")
        shared = self._shared = Shared(config, peer, boot, now, frame_cost)
        engine = self._engine = Engine(shared)
        self._answers: list[Answer] = []
        shared.ticker.start(now)
        if returning:
            engine.come_back()
        if restart is not None:
            engine.restart(restart)
        for other in shared.links:
            engine.starting.greet(other)

    # --- in

    def receive(self, peer: int, data: bytes, now: float) -> None:
        """Take a datagram from ``peer``. Bytes that are none cause a :class:`Rejected` event, and nothing else."""
        shared = self._shared
        link = shared.links.get(peer)
        if link is None or shared.phase is Phase.ENDED:
            return
        shared.now = now
        link.bytes_received += len(data)
        try:
            datagram = decode(data)
            self._check_actions(datagram)
            self._engine.heard(peer)
            link.measure(datagram, now)
            if datagram.epoch == shared.epoch and datagram.turn == shared.turns[peer]:
                link.apply(datagram, shared.timeline, shared.me, now)
                if shared.phase is Phase.PLAYING and peer in shared.present:
                    lead = shared.timeline.head + shared.ticker.phase(now) - datagram.tick
                    shared.sync.observe(peer, lead, datagram.lag)
            else:
                self._engine.moved_on(peer, datagram.epoch)
        except WireError as error:
            self._reject(peer, error)

    def receive_control(self, peer: int, data: bytes, now: float) -> None:
        """Take a control message from ``peer``, or from :data:`SERVER`, by whatever way it came."""
        shared = self._shared
        channel = shared.channels.get(peer)
        if channel is None:
            return
        shared.now = now
        restarts = channel.restarts
        try:
            messages = channel.receive(data, now)
        except (WireError, LinkError) as error:
            self._reject(peer, error)
            return
        if peer != SERVER:
            self._engine.heard(peer)
        if channel.restarts > restarts:
            self._engine.meet_again(peer)
        for message in messages:
            self._engine.handle(peer, message)

    def ready(self, now: float) -> None:
        """The environment of the last :class:`Begin` stands, and the participant may play."""
        self._shared.now = now
        self._engine.is_ready = True

    def wanted_inputs(self, now: float) -> tuple[int, ...]:
        """The players whose input the next :meth:`advance` is going to take; none if no frame is due."""
        if not self._shared.ticker.due(now) or not self._engine.may_play():
            return ()
        return self._engine.inputs.wanted()

    def add_input(self, player: int, action: bytes, flags: int = 0, age: int = 0) -> None:
        """What ``player`` does in the next frame that is played; without it, what is expected of it.

        Raises:
            HostError: This is no player of ours, or no action.
        """
        shared = self._shared
        if player not in shared.config.players or shared.timeline.queues[player].owner != shared.me:
            raise HostError(f"the inputs of player {player} do not come from here")
        if not shared.config.is_action(player, action):
            raise HostError(f"{action!r} is no action of player {player}")
        self._engine.inputs.give(player, Input(action, flags, age))

    def advance(self, now: float) -> Iterator[Request]:
        """Let time pass. Take all requests, fulfil them in their order, and call :meth:`done` after each.

        Raises:
            HostError: A request was not answered.
        """
        self._shared.now = now
        requests = self._engine.work()
        request = next(requests, None)
        while request is not None:
            self._answers.clear()
            yield request
            if not self._answers:
                raise HostError(f"{request} was not answered by done()")
            try:
                request = requests.send(self._answers[-1])
            except StopIteration:
                return

    def done(self, *, terminal: bool = False, failed: bool = False, cost: float = 0.0, digest: bytes = b"") -> None:
        """The request was fulfilled.

        Args:
            terminal: The environment has ended with this frame.
            failed: The environment raised.
            cost: What it took, in seconds.
            digest: Of the state, 4 to 32 bytes, if the :class:`Save` asked for it.
        """
        self._answers.append(Answer(terminal, failed, cost, digest))

    def leave(self, now: float) -> None:
        """Say goodbye to everybody: this peer does not play on."""
        shared = self._shared
        shared.now = now
        for peer in shared.channels:
            shared.send(peer, Goodbye(shared.epoch))
        shared.end("left")

    # --- out

    def datagrams_to_send(self) -> list[tuple[int, bytes]]:
        """(peer, bytes) for the unreliable channel. What cannot be sent at once is better not sent at all."""
        out, self._engine.datagrams = self._engine.datagrams, []
        return out

    def control_to_send(self) -> list[tuple[int, bytes]]:
        """(peer or SERVER, bytes) for whatever way there is, in this order."""
        shared = self._shared
        out = []
        for peer, channel in shared.channels.items():
            link = shared.links.get(peer)
            out += [(peer, data) for data in channel.to_send(shared.now, link.smoothed_rtt if link else None)]
        return out

    def next_event(self) -> Event | None:
        """The oldest event that was not taken yet."""
        return self._shared.events.popleft() if self._shared.events else None

    def next_deadline(self) -> float:
        """When :meth:`advance` is to be called next. What is received may make that earlier."""
        shared = self._shared
        resend = min(channel.next_deadline() for channel in shared.channels.values())
        if shared.phase is Phase.ENDED:
            return resend
        engine = self._engine
        return min(shared.ticker.deadline(), engine.replay_at(), engine.sent_at + 1.5 * shared.ticker.interval, resend)

    @property
    def phase(self) -> Phase:
        """What this peer is doing."""
        return self._shared.phase

    @property
    def is_idle(self) -> bool:
        """Whether everybody has acknowledged what was sent to them: a session that is over can be forgotten then."""
        return all(channel.is_idle for channel in self._shared.channels.values())

    @property
    def committed(self) -> int:
        """The newest final frame of this episode; -1 before the first."""
        return self._shared.timeline.committed

    @property
    def confirmed(self) -> int:
        """The newest frame for which the inputs of all players are known here; those after it are expectations."""
        return self._shared.timeline.confirmed

    @property
    def present(self) -> frozenset[int]:
        """The peers, this one too, whose inputs everybody waits for. All at the beginning, less those who were cut."""
        return frozenset(self._shared.present)

    @property
    def may_return(self) -> frozenset[int]:
        """The absent peers that may come back."""
        return frozenset(self._shared.config.peers) - self._shared.present - self._shared.gone

    @property
    def input_delay(self) -> int:
        """Frames from when an input is given to the one in which it acts, in this episode."""
        return self._shared.input_delay

    @property
    def head(self) -> int:
        """The next new frame. The host may stand before it, if what was played again was not all."""
        return self._shared.timeline.head

    @property
    def is_catching_up(self) -> bool:
        """Whether this peer plays what was played before, by others or by everybody: nobody needs to see that."""
        timeline = self._shared.timeline
        return self.phase is Phase.AWAY or (self.phase is Phase.PREPARING and timeline.head <= timeline.final)

    @property
    def next_tick(self) -> float:
        """When the next tick is due, or was, if it is late."""
        return self._shared.ticker.deadline()

    @property
    def has_replayed(self) -> bool:
        """Whether all that happened to the game since the last tick is that frames were played again, perhaps not all
        that are to be: nobody needs to see that before the tick."""
        return self._engine.has_replayed and self.phase is Phase.PLAYING

    def statistics(self) -> dict[str, Any]:
        """What happened so far, as plain numbers: of the session, and of each link by peer. Times are in seconds."""
        return statistics(self._shared, self._engine)

    def _check_actions(self, datagram: Datagram) -> None:
        """Raises WireError for what is no action, unless it is known already: most inputs come several times."""
        queues = self._shared.timeline.queues
        for player, first, inputs in datagram.inputs:
            known = queues[player].last + 1 - first if player < len(queues) else len(inputs)
            wrong = wrong_action(self._shared.config, player, inputs[max(0, known) :])
            if wrong is not None:
                raise WireError(wrong)

    def _reject(self, peer: int, error: Exception) -> None:
        link = self._shared.links.get(peer)
        if link is not None:
            link.refused += 1
        self._shared.emit(Rejected(peer, str(error)))
