"""A game of several people, as JavaScript sees it: strings and bytes in, strings and bytes out, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from interactive_gym.browser.answers import bytes_of, report, to_json
from interactive_gym.browser.controls import Controls
from interactive_gym.browser.desertion import patience_of
from interactive_gym.browser.side import Side
from interactive_gym.browser.spec import Spec
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.game.host import Host
from interactive_gym.game.matchconfig import session_config
from interactive_gym.game.probe import Probe
from interactive_gym.game.recorded import inputs_of
from interactive_gym.netcode import Restart, Session
from interactive_gym.records import unpack


class Match:
    """One participant's part in a match. All times are seconds of one clock, the worker's.

    Make it, :meth:`meet`, and from then on call :meth:`advance` whenever its last answer, or a later one of
    :meth:`receive`, said so; hand over what arrives, and send what is :meth:`outgoing` after each of these calls. When
    a packet has the event ``prepared``, the episode waits for :meth:`ready`. What :meth:`advance` answers is
    ``worker.messages.MatchPacket``; after an error packet the game is lost, and only what is still :meth:`outgoing`
    matters to the others.

    Args:
        game: ``protocol_game.Game``, of which ``spec`` was made.
        match: ``protocol.Match``.
        probed: What is known of the game whatever its seed.
        recorded: The chunks of the frames that ``match["restart"]`` has all play again.
        frame_cost: What a frame takes on this machine, in seconds; 0 if that is not known.

    Raises:
        EnvError: The environment cannot be made or reset, or does not fit the config or what was recorded.
    """

    def __init__(
        self,
        spec: Spec,
        world: VirtualWorld,
        game: Mapping[str, Any],
        match: Mapping[str, Any],
        probed: Probe,
        recorded: Sequence[bytes] = (),
        *,
        frame_cost: float = 0.0,
    ) -> None:
        self._spec, self._world, self._match, self._frame_cost = spec, world, match, frame_cost
        watched = spec.policies.keys() | spec.understudies.keys()
        self._host = Host(spec, world, match["seed"], watched=watched, probed=probed)
        actions = self._host.actions
        self._config = session_config(
            game,
            [_default_action(spec, self._host, player) for player in range(len(spec.agents))],
            actions.is_action,
            {**self._host.fingerprint, "archive": match["archive"]},
        )
        Controls(spec, lambda action: actions.encode(match["peer"], action))  # better now than in the first episode
        self._side: Side | None = None
        self._now = 0.0
        self._failure: dict[str, str] | None = None
        self._restart: Restart | None = None
        if not match["returning"]:
            self._restart = _restart(spec, self._host, match.get("restart"), self._config.default_actions, recorded)
            self._host.begin_early(self._restart.episode if self._restart else 0)  # while the pages connect

    def meet(self, now: float) -> None:
        """Begin the session. What arrived before is sent again by whoever sent it."""

        def begin() -> None:
            match = self._match
            returning, restart = match["returning"], self._restart
            session = Session(
                self._config,
                match["peer"],
                match["boot"],
                now,
                returning=returning,
                restart=restart,
                frame_cost=self._frame_cost,
            )
            patience = patience_of(self._config)
            self._side = Side(self._spec, self._world, match["seed"], self._host, session, patience)

        self._guarded(now, begin)

    def receive(self, peer: int, data: Any, now: float) -> float | None:
        """Take the payload of a datagram frame of ``peer``: bytes, or JavaScript's ``Uint8Array``.

        Returns:
            When to call :meth:`advance` by now, which may be earlier than its last answer said; None if there is no
            game to go on with.
        """
        self._tell(now, lambda session: session.receive(peer, bytes_of(data), now))
        return None if self._side is None or self._failure is not None else self._side.session.next_deadline()

    def receive_control(self, peer: int, data: Any, now: float) -> None:
        """Take the payload of a control frame of ``peer``, or of the server (255)."""
        self._tell(now, lambda session: session.receive_control(peer, bytes_of(data), now))

    def ready(self, now: float) -> None:
        """The participant may play the episode that was prepared."""
        self._tell(now, lambda session: session.ready(now))

    def advance(self, now: float, pressed_json: str) -> str:
        """Let time pass.

        Args:
            pressed_json: ``{"down": [keys], "pressed": [keys], "focused": bool}``. It was used if the packet's ``acts``
                is a frame; if not, what was pressed is to be given again.
        """
        packet: list[dict[str, Any]] = []
        self._guarded(now, lambda: packet.append(self._advanced(now, pressed_json)))
        return to_json({"error": self._failure} if self._failure is not None else packet[0])

    def outgoing(self) -> bytes:
        """What is to be sent since the last call: u8 peer, u8 tag, u16 length (big endian), the bytes; and again."""
        out = [b""]
        if self._side is not None:
            side = self._side
            self._guarded(self._now, lambda: out.append(side.outgoing()), even_after_failure=True)
        return out[-1]

    def chunk(self, position: int) -> bytes:
        """The bytes of a chunk of the last packet."""
        assert self._side is not None
        return self._side.finished[position].packed.data

    def pixels(self) -> Any:
        """The RGBA pixels of the last packet, row by row, as a buffer of bytes; valid until the next call."""
        return None if self._side is None else self._side.view.pixels

    def statistics(self) -> str:
        """Of the session and its links, as JSON; see ``netcode.Session.statistics``."""
        return to_json({} if self._side is None else self._side.session.statistics())

    def leave(self, now: float) -> None:
        """Say goodbye. The next :meth:`advance` has the last chunks, and :meth:`outgoing` what the others are told."""
        self._tell(now, lambda session: session.leave(now))

    def linger(self, now: float) -> bool:
        """Let time pass for a session that has ended. The game may be closed already: this needs none.

        Returns:
            Whether the others have acknowledged all that they were told.
        """

        def pass_time(session: Session) -> None:
            for request in session.advance(now):
                raise RuntimeError(f"the session has not ended: it asks for {request}")

        self._tell(now, pass_time)
        return self._side is None or self._side.session.is_idle

    def close(self) -> None:
        """Let the environment free what it holds."""
        with suppress(Exception):
            self._host.close()

    def _advanced(self, now: float, pressed_json: str) -> dict[str, Any]:
        if self._side is None:
            raise RuntimeError("the session has not begun: call meet()")
        return self._side.advance(now, pressed_json)

    def _tell(self, now: float, action: Callable[[Session], None]) -> None:
        side = self._side
        if side is not None:
            self._guarded(now, lambda: action(side.session))

    def _guarded(self, now: float, action: Callable[[], object], *, even_after_failure: bool = False) -> None:
        """Do ``action``, unless the game is lost. If it raises, the game is, and the others are told."""
        if self._failure is not None and not even_after_failure:
            return
        self._now = now
        try:
            action()
        except BaseException as error:  # an environment may even call sys.exit()
            if self._failure is None:
                self._failure = report("runtime", error)
            if self._side is not None:
                with suppress(Exception):
                    self._side.session.leave(now)
            self.close()


def _restart(
    spec: Spec, host: Host, named: Mapping[str, Any] | None, default_actions: Sequence[bytes], recorded: Sequence[bytes]
) -> Restart | None:
    """A ``protocol_game.Restart`` with its inputs. A second that is played again otherwise than before is told."""
    if named is None:
        return None
    rows = [row for data in recorded for row in unpack(data)]
    try:
        inputs = inputs_of(rows, spec.agents, host.actions, default_actions)
    except ValueError as error:
        raise EnvError(f"the recorded actions are none of this game's: {error}", stage="make") from error
    if len(inputs[0]) != named["frame"] + 1:
        raise EnvError(f"{len(inputs[0])} frames are to be played again, not {named['frame'] + 1}", stage="make")
    return Restart(named["epoch"], named["episode"], inputs, frozenset(named["gone"]))


def _default_action(spec: Spec, host: Host, player: int) -> bytes:
    """What ``player`` does who does nothing. The config says it of humans; a bot's actions may be of another kind."""
    agent, codec = spec.agents[player], host.actions.codecs[player]
    try:
        return codec.encode(spec.default_action)
    except ValueError as error:
        if agent not in spec.humans:
            return codec.encode(codec.sample(Random(0)))
        problem = f"gameplay(default_action) does not fit the action space of agent {agent!r}: {error}"
        raise EnvError(problem, stage="make") from error
