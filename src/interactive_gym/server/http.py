"""The HTTP side: what must not be lost goes this way, and is acknowledged after the commit."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from interactive_gym.data.provenance import own_version
from interactive_gym.errors import ClientError
from interactive_gym.protocol import (
    MAX_CONTROL_BYTES,
    MAX_UPLOAD_BYTES,
    Join,
    Joined,
    Receipt,
    Replay,
    ReplayRequest,
    Resume,
    ResumeRequest,
    Upload,
)
from interactive_gym.server import ingest
from interactive_gym.server.desk import Desk, clock, parsed, steady
from interactive_gym.server.limits import Limiter, Rate
from interactive_gym.server.logs import LEVELS, about, name
from interactive_gym.server.refusals import status
from interactive_gym.server.restarting import replayed
from interactive_gym.server.seen import Seen

JOINS = Rate(per_second=10, burst=500)  # per address: a whole lab, or a whole class, may come from one
UPLOADS = Rate(per_second=3, burst=60)  # per participant: one a second, and what waited for a lost server
TOKENS_PER_CPU_SECOND = 10 * UPLOADS.per_second  # nobody's uploads take more than a tenth of a processor for long
_RESUMES = Rate(per_second=1, burst=20)

Handler = Callable[[Request], Awaitable[msgspec.Struct]]


class Http:
    """The routes below ``/api``, and ``/healthz``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._joins = Limiter(JOINS)
        self._uploads = Limiter(UPLOADS)
        self._resumes = Limiter(_RESUMES)
        self._seen = Seen()

    def routes(self) -> list[Route]:
        return [
            Route("/api/join", self._answering(self._join), methods=["POST"]),
            Route("/api/resume", self._answering(self._resume), methods=["POST"]),
            Route("/api/replay", self._answering(self._replay), methods=["POST"]),
            Route("/api/records", self._answering(self._records), methods=["POST"]),
            Route("/healthz", self._health, methods=["GET"]),
        ]

    def _answering(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            with about():
                try:
                    return _json(await handler(request))
                except Exception as error:
                    refused = self._desk.refused(error)
                    return _json(refused, status(refused))

        return endpoint

    async def _join(self, request: Request) -> Joined:
        self._joins.spend(request.client.host if request.client else "", steady())
        message = parsed(await _body(request, MAX_CONTROL_BYTES), Join)
        who = await self._desk.write(self._desk.study.join, message, clock())
        name(who.id)
        self._desk.log.info("joined", state=who.state)
        return Joined(self._desk.tokens.issue(who.id), who.id)

    async def _resume(self, request: Request) -> Resume:
        participant_id = self._participant(request)
        self._resumes.spend(participant_id, steady())
        message = parsed(await _body(request, MAX_CONTROL_BYTES), ResumeRequest)
        name(session=message.session_id)
        self._desk.presence.check_tab(participant_id, message.tab)
        answer = await self._desk.write(self._desk.study.resume, participant_id, message, clock())
        if answer is None:
            self._desk.files.update()
            raise ClientError("too_slow", "the participant's machine is too slow for this game")
        self._desk.log.info("resumed", episode=answer.episode, generation=answer.generation)
        self._desk.files.update()
        return answer

    async def _replay(self, request: Request) -> Replay:
        participant_id = self._participant(request)
        self._resumes.spend(participant_id, steady())
        message = parsed(await _body(request, MAX_CONTROL_BYTES), ReplayRequest)
        name(session=message.session_id)
        chunks = await self._desk.store.read(lambda connection: replayed(connection, participant_id, message))
        return Replay([b64encode(chunk).decode() for chunk in chunks])

    async def _records(self, request: Request) -> Receipt:
        participant_id = self._participant(request)
        self._uploads.spend(participant_id, steady())
        upload = parsed(await _body(request, MAX_UPLOAD_BYTES), Upload)
        decoding = await asyncio.to_thread(ingest.decode, upload, self._seen)
        self._uploads.charge(participant_id, decoding.cpu_s * TOKENS_PER_CPU_SECOND, steady())
        if (decoded := decoding.items) is None:
            raise ClientError("too_large", f"{len(upload.items)} items take too long to read at once")
        stored = await self._desk.write(ingest.store, participant_id, decoded, clock())
        self._note(stored)
        return stored.receipt(len(decoded))

    def _note(self, stored: ingest.Stored) -> None:
        for position, problem in stored.refused:
            self._desk.log.warning("item_refused", position=position, reason=problem.reason, problem=problem.problem)
        for item in stored.reported:
            fields = {"name": item.name, "reason": item.reason, "data": item.data}
            self._desk.log.log(LEVELS[item.severity], "page_event", **fields)
        if stored.files_due:
            self._desk.files.update()

    def _participant(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise ClientError("unknown_token", "there is no bearer token in the request")
        participant_id = self._desk.tokens.read(token)
        name(participant_id)
        return participant_id

    async def _health(self, _: Request) -> Response:
        healthy = await self._desk.store.writable()
        content = {
            "status": "ok" if healthy else "not_writable",
            "experiment_id": self._desk.study.experiment.id,
            "version": own_version(),
        }
        return _json(content, 200 if healthy else 503)


async def _body(request: Request, limit: int) -> bytes:
    """The request's body, read no further than ``limit``.

    Raises:
        ClientError: ``too_large``.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > limit:
            raise ClientError("too_large", f"the body has more than {limit} bytes")
    return body


def _json(content: object, status_code: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(content), status_code, headers, media_type="application/json")
