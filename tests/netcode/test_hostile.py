"""What one peer can do to the others by lying: not make them fall over, eat their memory, or hang for ever."""

from __future__ import annotations

import dataclasses
from random import Random
from typing import Any

import pytest

from interactive_gym.netcode.events import Rejected
from interactive_gym.netcode.messages import (
    ClockAnswer,
    ClockAsk,
    CutGranted,
    Differs,
    EpisodeEnd,
    Flush,
    Goodbye,
    Hello,
    History,
    Message,
    Ready,
    Resume,
    Return,
    Settle,
    Span,
    Stamp,
    Start,
    Vote,
    WantCut,
    Wish,
    decode_message,
    encode_message,
)
from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.session import Session
from interactive_gym.netcode.testing import SERVER, Freeze, Match, Report, config_of
from interactive_gym.netcode.wire import Batch, Datagram, decode, encode
from tests.netcode.playing import scenario
from tests.netcode.tapping import HEADER

LIAR = 2
BOOTS = 9  # bytes of an envelope: with a wrong boot in them, the liar would only silence itself
NUMBERS = (-1, 0, 1, 2, 3, 7, 60, 99, 128, 200, 254, 255, 256, 1000, 2**15, 2**31 - 2, 2**31 - 1)
TIMES = (0.0, -1.0, 1e-9, 3.5, 1e6, -1e6, 1e300, -1e300, 1.7e308)


_INPUTS = (Input(b"\x01", 5), Input(b"\x02", 5))
_SPANS = tuple(Span(player, 60, _INPUTS) for player in range(4))
_SETTLE = Settle(0, 0, 90, "present", 3)
_ALL: tuple[Message, ...] = (
    Hello(1, {}, False),
    ClockAsk(1.0),
    ClockAnswer(1.0, 2.0),
    Ready(0, 2, (0, 1, 2, 3)),
    Start(0, 3.0, 2),
    Stamp(0, 0, 90, "present", 3, 60, (0, 0, 0, 1), (0, 1, 2)),
    Vote(0, 0, True),
    _SETTLE,
    Wish(1, "pause", (1,)),
    Resume(0, 5.0),
    CutGranted(0, 3, 1, False),
    Flush(0, (0, 0, 0, 1), _SPANS, (_SETTLE,), 0),
    Return(0, 60, (0, 1, 2)),
    History(0, 0, 2, 60, _SPANS, (0, 0, 0, 1), (0, 1, 2), 61, -1),
    EpisodeEnd(0, 99, b"", "over"),
    Differs(0, 90, 80),
    Goodbye(0),
)
TEMPLATES = {type(message): message for message in _ALL}
"""One message of each kind."""


class Liar:
    """Sends what nobody should, on top of what its session sends and instead of it."""

    def __init__(self, match: Match, kind: type[Message], seed: int, share: float) -> None:
        self.match, self.kind, self.random, self.share = match, kind, Random(seed), share
        self.lies = 0
        self.heard: list[Message] = []
        self.datagrams: list[bytes] = []
        self._send, self._send_control = match.network.send, match.network.send_control
        match.network.send = self.send  # type: ignore[method-assign]
        match.network.send_control = self.send_control  # type: ignore[method-assign]

    def send(self, source: int, target: int, data: bytes) -> None:
        self.datagrams = [*self.datagrams[-50:], data]
        if source == LIAR and self.random.random() < self.share:
            data = self.random.choice((self.changed_datagram, self.broken))(self.random.choice(self.datagrams))
        if source == LIAR and self.random.random() < self.share:
            self.lie(target)
        self._send(source, target, data)

    def send_control(self, source: int, target: int, data: bytes) -> None:
        if len(data) > HEADER:
            self.heard = [*self.heard[-100:], decode_message(data[HEADER:])]
        if source == LIAR and self.random.random() < self.share:
            self._send_control(source, target, self.broken(data, spared=BOOTS))
        self._send_control(source, target, data)

    def lie(self, target: int) -> None:
        """Say something that somebody said, or might, with another field or two, but in the right order."""
        receiver = self.match.machines[target].peer
        said = [message for message in self.heard if type(message) is self.kind] or [TEMPLATES[self.kind]]
        message = self.changed(self.random.choice((self.random.choice(said), TEMPLATES[self.kind])))
        if receiver is None:
            return
        try:
            message = decode_message(encode_message(message))
        except ValueError:  # cannot even be said
            return
        self.lies += 1
        receiver.session._engine.handle(LIAR, message)

    def changed(self, message: Any) -> Any:
        names = [field.name for field in dataclasses.fields(message)]
        values = {name: self.another(name, getattr(message, name)) for name in self.random.choices(names, k=2)}
        if "epoch" in names and self.random.random() < 0.8:
            peer = self.match.machines[0].peer
            values["epoch"] = peer.session._shared.epoch if peer else 0
        try:
            return dataclasses.replace(message, **values)
        except ValueError:
            return message

    def another(self, name: str, value: Any) -> Any:
        random = self.random
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return random.choice((random.choice(NUMBERS), value + random.choice((-1, 1, 40))))
        if isinstance(value, float):
            return random.choice((random.choice(TIMES), value + random.choice(TIMES)))
        if isinstance(value, str):
            return random.choice(("present", "pause", "resume", "none", "over", "failed", "mismatch"))
        if isinstance(value, tuple):
            items = [self.item(name, item) for item in value]
            return tuple(random.choice((items, items[:-1], items + items, [])))
        return value

    def item(self, name: str, item: Any) -> Any:
        if dataclasses.is_dataclass(item):
            return self.changed(item)
        if isinstance(item, Input):
            return Input(self.random.randbytes(self.random.choice((0, 1, 3, 9))), 3)
        return self.another(name, item)

    def changed_datagram(self, data: bytes) -> bytes:
        try:
            datagram = decode(data)
        except Exception:
            return data
        name = self.random.choice(("turn", "tick", "confirmed", "lag", "inputs", "acks", "digest", "epoch"))
        value: Any = self.random.choice(NUMBERS)
        if name == "lag":
            value = self.random.uniform(-200, 200)
        elif name == "digest":
            value = (max(0, datagram.tick - 5), 7)
        elif name == "inputs":
            value = tuple(
                batch._replace(inputs=(*batch.inputs, Input(self.random.randbytes(2), 3)) * 3)
                for batch in datagram.inputs
            )
        elif name == "acks":
            value = tuple((player, self.random.choice(NUMBERS)) for player, _ in datagram.acks)
        try:
            return encode(Datagram(**{**datagram._asdict(), name: value}))
        except ValueError:
            return data

    def broken(self, data: bytes, spared: int = 0) -> bytes:
        raw = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 5))):
            raw[self.random.randrange(spared, len(raw))] = self.random.randrange(256)
        return bytes(raw[: self.random.choice((len(raw), len(raw), self.random.randrange(spared, len(raw) + 1)))])


def play_with_liar(kind: type[Message], seed: int, share: float = 0.05, **changes: Any) -> tuple[Liar, Report]:
    faults = (Freeze(3.0, 2.0, 3), Freeze(5.0 + seed % 3, 2.0, 1))
    usual: dict[str, Any] = {"episodes": 2, "on_mismatch": "log", "until": 90.0, "progress_within": 60.0}
    played = scenario(4, 200, seed=seed, faults=faults, must_roll_back=False, **(usual | changes))
    match = Match(played)
    liar = Liar(match, kind, seed, share)
    return liar, match.run()


@pytest.mark.parametrize("kind", TEMPLATES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seed", range(2))
def test_nobody_falls_over_or_hangs(kind: type[Message], seed: int) -> None:
    liar, report = play_with_liar(kind, seed)
    assert liar.lies and not report.crash, report.crash
    for machine in liar.match.machines.values():
        if machine.peer:
            for queue in machine.peer.session._shared.timeline.queues:
                assert len(queue._known) < 20_000


# --- one by one -------------------------------------------------------------------------------------------------------

NO_ACTION = Input(b"\xff\xff", 3)


def _session() -> Session:
    return Session(config_of(4), peer=0, boot=1, now=0.0)


def _refused(session: Session) -> list[int]:
    events = iter(session.next_event, None)
    return [event.peer for event in events if isinstance(event, Rejected)]


def test_inputs_that_are_no_actions_do_not_get_in_by_datagrams() -> None:
    session = _session()
    batch = Batch(LIAR, 0, (Input(b"\x01", 3), NO_ACTION))
    session.receive(LIAR, encode(Datagram(0, 0, 5, -1, 0.0, 0, None, None, (batch,), ())), now=1.0)
    assert _refused(session) == [LIAR]
    assert session._shared.timeline.queues[LIAR].last == -1


@pytest.mark.parametrize(
    ("peer", "message"),
    [
        (LIAR, Flush(0, (0, 0, 0, 1), (Span(3, 0, (NO_ACTION,)),), (), -1)),
        (LIAR, Flush(0, (0, 0, 0, 1), (Span(9, 0, ()),), (), -1)),
        (LIAR, History(0, 0, 2, 0, tuple(Span(p, 0, (NO_ACTION,)) for p in range(4)), (0,) * 4, (1, 2, 3), 0, -1)),
        (LIAR, CutGranted(0, 3, 1, is_gone=False)),
        (LIAR, CutGranted(0, 0, 1, is_gone=False)),
        (LIAR, CutGranted(7, 99, 1, is_gone=True)),
        (LIAR, WantCut(0, 3, 1, 0, "")),
        (LIAR, Start(0, 3.0, 255)),
        (LIAR, Ready(0, 255, (0, 1, 2, 3))),
        (SERVER, Hello(1, {}, returning=False)),
        (SERVER, CutGranted(0, 99, 1, is_gone=True)),
    ],
)
def test_messages_that_nobody_may_say(peer: int, message: Message) -> None:
    session = _session()
    session._engine.handle(peer, message)
    assert _refused(session) == [peer]
    assert session._shared.present == {0, 1, 2, 3}


@pytest.mark.parametrize("at", TIMES)
def test_a_moment_that_is_far_off_does_not_stop_the_game(at: float) -> None:
    session = _session()
    session._engine.handle(LIAR, ClockAnswer(-1.0, 0.0))
    session._engine.handle(LIAR, Resume(0, at))
    assert list(session.advance(2.0)) == []
    assert -60 < session._shared.ticker.deadline() < 60
