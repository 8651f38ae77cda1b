"""Rollback netcode for N players: local inputs act at once, remote ones are predicted, wrong frames are played again.

The session does no I/O and has no clock. It is fed with bytes and with time, and it asks its host to save, load and
advance the game. The game is anything deterministic; inputs and digests are bytes to the session.

    from interactive_gym.netcode import Advance, Begin, Commit, Config, Load, Save, Session

    config = Config(fps=60, carriers=(0, 1), default_actions=(b"\\0", b"\\0"))   # two players on two peers
    session = Session(config, peer=0, boot=1, now=clock())

    def on_datagram(peer, data):                       # from an unordered channel without retransmission
        session.receive(peer, data, clock())

    def on_control(peer, data):                        # from any channel; SERVER is a peer, too
        session.receive_control(peer, data, clock())

    def on_timer():                                    # whenever clock() >= session.next_deadline(), at any time
        now = clock()
        for player in session.wanted_inputs(now):
            session.add_input(player, pressed())
        for request in session.advance(now):           # to be fulfilled in this order, each answered by done()
            match request:
                case Begin(episode):
                    game.reset(episode)
                    session.ready(now)
                    session.done()
                case Save(frame, hashed):
                    kept[frame] = game.copy()
                    session.done(digest=game.digest() if hashed else b"")
                case Load(frame):
                    game.restore(kept[frame])
                    session.done()
                case Advance(frame, inputs, is_live):
                    game.step([given.action for given in inputs])
                    session.done(terminal=game.is_over)
                case Commit():                         # these frames are the same for everybody, and final
                    record(request.first, request.inputs)
                    session.done()
        for peer, data in session.datagrams_to_send():
            channels[peer].send_unreliably(data)
        for peer, data in session.control_to_send():
            channels[peer].send(data)
        while event := session.next_event():
            show(event)

The server runs a :class:`Referee`, which decides who is out when links break. ``interactive_gym.netcode.testing`` plays
whole games in virtual time. What a message means is told in ``messages`` and ``wire``, who may do what when in
``lifecycle``, and how peers agree in ``cuts`` and ``changes``.

After GGPO (Tony Cannon, "Fight the Lag", Game Developer Magazine, September 2012) and GGRS.
"""

from interactive_gym.netcode.config import Config, Restart
from interactive_gym.netcode.errors import HostError, LinkError, NetcodeError, WireError
from interactive_gym.netcode.events import Event
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.referee import Grant, Referee
from interactive_gym.netcode.requests import (
    ABSENT,
    BOT,
    DEFAULT,
    FOCUSED,
    HUMAN,
    SOURCE,
    Advance,
    Begin,
    Commit,
    Input,
    Load,
    Request,
    Save,
)
from interactive_gym.netcode.session import Session
from interactive_gym.netcode.shared import SERVER

__all__ = [
    "ABSENT",
    "BOT",
    "DEFAULT",
    "FOCUSED",
    "HUMAN",
    "SERVER",
    "SOURCE",
    "Advance",
    "Begin",
    "Commit",
    "Config",
    "Event",
    "Grant",
    "HostError",
    "Input",
    "LinkError",
    "Load",
    "NetcodeError",
    "Phase",
    "Referee",
    "Request",
    "Restart",
    "Save",
    "Session",
    "WireError",
]
