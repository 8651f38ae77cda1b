"""Socket.IO: who is connected, and which page they see. Handlers decode, call, and answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

import msgspec
import socketio
from socketio.packet import BINARY_EVENT, EVENT, Packet
from sqlalchemy import Connection

from interactive_gym.data import people
from interactive_gym.errors import ClientError
from interactive_gym.protocol import (
    MAX_CONTROL_BYTES,
    PROTOCOL_VERSION,
    Advance,
    Attribute,
    Attributes,
    CompletionCodePage,
    Connect,
    EndPage,
    Enlist,
    Failure,
    Leave,
    Looking,
    Measured,
    Message,
    OutcomePage,
    Page,
    Playing,
    Probe,
    Refusal,
    Room,
    Signal,
    Validated,
)
from interactive_gym.server.desertion import Desertion
from interactive_gym.server.desk import Desk, clock, converted, steady
from interactive_gym.server.gate import Gate
from interactive_gym.server.gathering import Gathering
from interactive_gym.server.hiding import Hiding
from interactive_gym.server.invitations import Invitations
from interactive_gym.server.limits import Limiter, Rate
from interactive_gym.server.lines import Lines
from interactive_gym.server.logs import about, name
from interactive_gym.server.matches import Matches
from interactive_gym.server.news import News
from interactive_gym.server.presence import Connected
from interactive_gym.server.probing import Probing
from interactive_gym.server.refusals import refusal
from interactive_gym.server.scripts import Scripts
from interactive_gym.server.turns import Turns
from interactive_gym.server.watching import Watching

M = TypeVar("M", bound=msgspec.Struct)
A = TypeVar("A")
Verb = Callable[[Connected, M], Awaitable[A]]

# A person clicks once in a while, and a page repeats what was not answered. Who is faster is parted with: the library
# keeps what a client does not read in a queue without an end, and this is its bound.
MESSAGES = Rate(per_second=5, burst=30)
SCRIPTS = Rate(per_second=5, burst=50)  # messages and attributes of a page's own scripts
LastPage = EndPage | CompletionCodePage | OutcomePage  # a code is shown wherever its owner asks for it

_HELLO_EVERY_S, _HELLO_TRIES = 0.01, 500


class Json:
    """msgspec in the shape of the standard library's module, errors included, as Socket.IO wants it."""

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str | bytes, **_: object) -> Any:
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from None


class Incoming(Packet):  # type: ignore[misc]  # the library has no types
    """A packet that a page may send. The library would take others for what they are not.

    There is at most one attachment, as "relay" has it; it would collect millions of them. An event has a name, or one
    of the library's tasks would fail with nobody to hear of it. And none has the name of its own ones: it would call
    our handlers with whatever the page says of a connection that it does not have.
    """

    def decode(self, encoded_packet: str) -> int:
        count = int(super().decode(encoded_packet))
        if count > 1:
            raise ValueError(f"{count} attachments")
        if self.packet_type in (EVENT, BINARY_EVENT):
            event = self.data[0] if isinstance(self.data, list) and self.data else None
            if not isinstance(event, str) or event in ("connect", "disconnect"):
                raise ValueError(f"the event {event!r} is not a page's")
        return count


class Sockets:
    """The Socket.IO server of one app. ``archive`` is the address of the one that its pages load; or empty.

    Each message is a task of its own, and they begin in the order in which the messages came. What does not await
    anything before it is done (answers to probes, signals, datagrams) is so done in order, whatever else still waits
    for the store; all else takes its turn.
    """

    def __init__(self, desk: Desk, archive: str) -> None:
        self._desk = desk
        self._limiter = Limiter(MESSAGES)
        self._turns = Turns()
        self._tasks: set[asyncio.Task[None]] = set()
        self.io = socketio.AsyncServer(
            async_mode="asgi",
            async_handlers=True,  # a probe, or a datagram, waits for nothing; the order of the others is kept by turns
            max_http_buffer_size=MAX_CONTROL_BYTES,
            http_compression=False,
            serializer=Incoming,
            json=Json,
            cors_allowed_origins=None,  # same origin only
        )
        self.io.on("connect", self._connect)
        self.io.on("disconnect", self._disconnect)
        self.io.on("advance", self._advance)
        self.io.on("fail", self._fail)
        self.io.on("leave", self._leave)
        self.io.on("screen", self._screen)
        self.io.on("probe", self._probe)
        self.io.on("looking", self._looking)
        self.io.on("message", self._message)
        self.io.on("attribute", self._attribute)
        self.io.on("signal", self._signal)
        self.io.on("relay", self._relay)
        self.io.on("enlist", self._enlist)
        self.io.on("validated", self._validated)
        lines = Lines(self.io, desk.presence)
        self._scripts, self._scripts_limiter = Scripts(desk.study), Limiter(SCRIPTS)
        self.news = News(desk, lines)
        self.probing = Probing(desk, lines)
        self.gate = Gate(desk, lines, self.probing)
        self.matches = Matches(desk, lines, self.probing.comes_back)
        self.desertion = Desertion(desk, self.matches)
        invitations = Invitations(desk.study.experiment, archive)
        self.gathering = Gathering(desk, self.matches, lines, invitations, self.probing.is_there)
        self.watching = Watching(desk, lines, self.gathering, Hiding(desk, self.matches, self.gathering))

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: object = None) -> None:
        with about():
            try:
                who, playing = await self._admitted(sid, auth)
            except Exception as error:
                refused = self._desk.refused(error)
                raise socketio.exceptions.ConnectionRefusedError(refused.text, msgspec.to_builtins(refused)) from None
        self._spawn(self._greet(who, playing))

    async def _admitted(self, sid: str, auth: object) -> tuple[Connected, Playing | None]:
        hello = _hello(auth)
        who = Connected(self._desk.tokens.read(hello.token), sid, hello.tab)
        name(who.participant_id)
        page = await self._desk.write(self._desk.study.come, who.participant_id, clock())
        replaced = self._desk.presence.holder(who.participant_id)
        self._desk.presence.claim(who, takeover=hello.takeover or isinstance(page, LastPage))
        if replaced:
            self.gathering.gone(replaced)
            await self._move(replaced.sid)
        self._desk.log.info("connected", tab=who.tab, scene_id=page.scene_id, takeover=replaced is not None)
        return who, hello.playing

    async def _move(self, sid: str) -> None:
        """Tells a connection that another one has taken its place. It may be long dead: nobody waits for its end."""
        await self.io.emit("moved", refusal(ClientError("moved", "another tab has taken over")), to=sid)
        self._spawn(self.io.disconnect(sid))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _greet(self, who: Connected, playing: Playing | None) -> None:
        """Sends the first page, as soon as the library lets a new connection be written to."""
        with about(who.participant_id):
            for _ in range(_HELLO_TRIES):
                if self.io.manager.is_connected(who.sid, "/"):
                    break
                await asyncio.sleep(_HELLO_EVERY_S)
            try:
                transport = self.io.transport(who.sid)
                page = await self._desk.write(self._seen, who, transport)
                await self.news.tell(who.participant_id)  # the page's scripts may want them at once
                await self.io.emit("scene", page, to=who.sid)
                self.probing.begin(who)
                self.matches.connected(who.participant_id)
                await self.gathering.restarting.connected(who, playing)
            except KeyError:
                self._desk.log.info("gone_before_greeting")
            except Exception as error:
                self._desk.refused(error)
                await self.io.disconnect(who.sid)

    def _seen(self, connection: Connection, who: Connected, transport: str) -> Page:
        people.note_transport(connection, who.participant_id, transport)
        return self._desk.study.page(connection, who.participant_id)

    async def _disconnect(self, sid: str, reason: str) -> None:
        gone = self._desk.presence.release(sid)
        if gone:
            with about(gone.participant_id):
                self._desk.log.info("disconnected", reason=reason)
                self.probing.end(gone)
                self.gate.gone(gone)
                self.gathering.gone(gone)

    async def _advance(self, sid: str, *message: object) -> Page | Refusal:
        return await self._answer(sid, message, Advance, self._advanced)

    async def _fail(self, sid: str, *message: object) -> Page | Refusal:
        return await self._answer(sid, message, Failure, self._failed)

    async def _leave(self, sid: str, *message: object) -> Page | Refusal:
        return await self._answer(sid, message, Leave, self._left)

    async def _screen(self, sid: str, *message: object) -> Refusal | None:
        return await self._answer(sid, message, Measured, self.gate.screen)

    async def _looking(self, sid: str, *message: object) -> Refusal | None:
        return await self._answer(sid, message, Looking, self.watching.look)

    async def _probe(self, sid: str, *message: object) -> Refusal | None:
        """Answers cost nothing, so that they take nothing of what a page may say; what nobody asked for does."""
        try:
            who = self._desk.presence.who(sid)
            if not self.probing.answered(who, self._unrated(who, message, Probe)):
                self._check_rate(who)
        except Exception as error:
            return self._refused(sid, error)
        return None

    async def _message(self, sid: str, *message: object) -> Refusal | None:
        return await self._answer(sid, message, Message, self._said, self._check_scripts)

    async def _attribute(self, sid: str, *message: object) -> Attributes | Refusal:
        return await self._answer(sid, message, Attribute, self._set, self._check_scripts)

    async def _said(self, who: Connected, message: Message) -> None:
        await self._desk.write(self._scripts.say, who.participant_id, message, clock())

    async def _set(self, who: Connected, message: Attribute) -> Attributes:
        return await self._desk.write(self._scripts.set, who.participant_id, message, clock())

    async def _enlist(self, sid: str, *message: object) -> Room | Refusal:
        return await self._answer(sid, message, Enlist, self.gathering.enlist)

    async def _validated(self, sid: str, *message: object) -> Refusal | None:
        return await self._answer(sid, message, Validated, self.gathering.validated)

    async def _signal(self, sid: str, *message: object) -> Refusal | None:
        with about():
            try:
                who = self._desk.presence.who(sid)
                name(who.participant_id)
                self.matches.signal(who.participant_id, self._unrated(who, message, Signal))
            except Exception as error:
                return self._desk.refused(error)
            return None

    def _unrated(self, who: Connected, message: tuple[object, ...], kind: type[M]) -> M:
        """Signals and probes have rates of their own; what is none of them counts as other messages do."""
        try:
            return converted(_alone(message), kind)
        except ClientError:
            self._check_rate(who)
            raise

    async def _relay(self, sid: str, *message: object) -> Refusal | None:
        try:
            self.matches.relay(self._desk.presence.who(sid).participant_id, _alone(message))
        except Exception as error:
            return self._refused(sid, error)
        return None

    def _refused(self, sid: str, error: Exception) -> Refusal:
        """Of what comes too often for its sender to be named, for the log, before something is wrong with it."""
        with about(self._desk.presence.sender(sid)):
            return self._desk.refused(error)

    async def _answer(
        self,
        sid: str,
        message: tuple[object, ...],
        kind: type[M],
        verb: Verb[M, A],
        check_rate: Callable[[Connected], None] | None = None,
    ) -> A | Refusal:
        """What changes something waits for all that the page has said before: even for what was said in one breath.

        What arrived counts, though the page be gone by its turn; unless another one has taken its place.
        """
        with about():
            try:
                who = self._desk.presence.who(sid)
                name(who.participant_id)
                (check_rate or self._check_rate)(who)
                said = converted(_alone(message), kind)
                async with self._turns.turn(sid):
                    self._desk.presence.check_not_replaced(who)
                    return await verb(who, said)
            except Exception as error:
                return self._desk.refused(error)

    async def _advanced(self, who: Connected, message: Advance) -> Page:
        page = await self.gathering.advance(who, message)
        self._desk.log.info("advanced", scene_id=page.scene_id)
        await self.news.tell(who.participant_id)  # of answers that are attributes, before its scripts run
        return self._last(page)

    async def _failed(self, who: Connected, message: Failure) -> Page:
        page = await self.gathering.fail(who, message)
        self._desk.log.error("page_failed", **msgspec.structs.asdict(message))
        return self._last(page)

    async def _left(self, who: Connected, message: Leave) -> Page:
        page = await self.gathering.leave(who, message)
        self._desk.log.info("left", scene_id=message.scene_id, refuses=message.refuses)
        return self._last(page)

    def _last(self, page: Page) -> Page:
        if isinstance(page, LastPage):
            self._desk.files.update()
        return page

    def _check_rate(self, who: Connected) -> None:
        try:
            self._limiter.spend(who.participant_id, steady())
        except ClientError:
            self._spawn(self.io.disconnect(who.sid))
            raise

    def _check_scripts(self, who: Connected) -> None:
        """A script that says too much is refused, but parts nobody from the study, unless it goes on like that."""
        try:
            self._scripts_limiter.spend(who.participant_id, steady())
        except ClientError:
            self._check_rate(who)
            raise


def _alone(message: tuple[object, ...]) -> object:
    """The one argument of an event. Several, or none, are left as they are: nothing that we know looks like that."""
    return message[0] if len(message) == 1 else message


def _hello(auth: object) -> Connect:
    """An old page is told to reload before anything else of its message is looked at: it may look different."""
    if isinstance(auth, dict) and auth.get("protocol") != PROTOCOL_VERSION:
        raise ClientError("wrong_protocol", f"this server speaks version {PROTOCOL_VERSION}")
    return converted(auth, Connect)
