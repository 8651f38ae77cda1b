"""What pages upload, from message to store. Decoding needs no database and runs in any thread; storing is one write.

Every item stands alone: one that is refused takes no other with it. Repeating an upload changes nothing.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import thread_time
from typing import Any

import msgspec
from sqlalchemy import Connection

from interactive_gym.data import events, games, link_rows, matches, progress, verdicts
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.progress import BY_ENVIRONMENT, End, generation_of
from interactive_gym.data.timeline import BEFORE_RESET, Start, frames_of
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Chunk, EpisodeEnd, Event, Experience, Item, Links, Receipt, RefusedItem, Upload
from interactive_gym.records import Row, end_reason, inflate, outline
from interactive_gym.server import play
from interactive_gym.server.refusals import refusal
from interactive_gym.server.seen import Content, Seen

BUDGET_S = 0.5  # 200 honest chunks take a fifth of it
MAX_LINKS = 2_000  # uploads of links in a generation; one every ten seconds for more than five hours
MAX_VARIANTS = 3  # of one chunk: two that differ are worth looking at, a hundred are an attack
MAX_EVENTS = 20_000  # that pages of one participant report; a noisy page load is a tenth of that


@dataclass(frozen=True)
class Decoded:
    """An item whose content has been looked at. ``data`` and ``last``: a chunk's bytes, and the end of its last row."""

    item: Item
    data: bytes = b""
    last: Row | None = None
    problem: ClientError | None = None


@dataclass
class Stored:
    """What an upload came to. ``files_due``: an episode was completed, or got something more after it had been."""

    refused: list[tuple[int, ClientError]] = field(default_factory=list)
    files_due: bool = False
    reported: list[Event] = field(default_factory=list)  # events that were not known before

    def receipt(self, items: int) -> Receipt:
        refused = [RefusedItem(at, problem.reason, refusal(problem).text) for at, problem in self.refused]
        return Receipt(items - len(refused), refused)


@dataclass(frozen=True)
class Decoding:
    """What an upload holds, and the processor time that it took to see; None: more than it may take."""

    items: list[Decoded] | None
    cpu_s: float


def decode(upload: Upload, seen: Seen | None = None, *, budget_s: float = BUDGET_S) -> Decoding:
    """Unpacks the chunks and checks that their bytes are what is said of them.

    A few bytes can be made to take seconds. The first chunk is always looked at, so an honest page that is told to send
    less at once gets everything through.

    Args:
        seen: What need not be read again. It grows.
    """
    seen = seen or Seen()
    began = thread_time()
    items: list[Decoded] = []
    for item in upload.items:
        if items and thread_time() - began > budget_s:
            return Decoding(None, thread_time() - began)
        items.append(_decoded_chunk(item, seen) if isinstance(item, Chunk) else Decoded(item))
    return Decoding(items, thread_time() - began)


def _decoded_chunk(item: Chunk, seen: Seen) -> Decoded:
    try:
        data = b64decode(item.data, validate=True)
        content = _content(inflate(data, digest=item.digest), item.digest, seen)
    except binascii.Error:
        return Decoded(item, problem=ClientError("malformed", "the data is not base64"))
    except ClientError as problem:
        return Decoded(item, problem=problem)
    if (content.first, content.rows) != (item.first, item.rows):
        return Decoded(item, problem=ClientError("malformed", "first or rows is not what the data holds"))
    return Decoded(item, data, content.last)


def _content(body: bytes, digest: str, seen: Seen) -> Content:
    known = seen.find(digest)
    if known is None:
        read = outline(body)
        end = Row(read.last.frame, terminated=read.last.terminated, truncated=read.last.truncated)
        known = Content(read.first, read.count, end)
        seen.add(digest, known)
    return known


def store(connection: Connection, participant_id: str, decoded: Sequence[Decoded], now: float) -> Stored:
    """Stores what is acceptable; the events of what is not are stored too."""
    return _Ingest(connection, participant_id, now).run(decoded)


class _Ingest:
    """One upload of one participant, inside one write."""

    def __init__(self, connection: Connection, participant_id: str, now: float) -> None:
        self._connection = connection
        self._participant_id = participant_id
        self._now = now
        self._sessions: dict[str, Session] = {}
        self._lives: dict[str, dict[str, list[Start]]] = {}  # of all players, by session
        self._over: dict[tuple[str, int], tuple[bool, bool]] = {}  # progress.is_over, by session and episode
        self._reported: int | None = None  # events of this participant, once that is asked for
        self._stored = Stored()
        self._verbs: dict[type, Callable[[Any], None]] = {
            Chunk: self._chunk,
            Experience: self._experience,
            EpisodeEnd: self._episode_end,
            Links: self._links,
            Event: self._event,
        }

    def run(self, decoded: Sequence[Decoded]) -> Stored:
        for position, one in enumerate(decoded):
            try:
                self._item(one)
            except ClientError as problem:
                self._stored.refused.append((position, problem))
        self._note_refusals(decoded)
        return self._stored

    def _item(self, one: Decoded) -> None:
        if one.problem:
            raise one.problem
        self._verbs[type(one.item)](one)

    def _note_refusals(self, decoded: Sequence[Decoded]) -> None:
        """One event for all: a page gone mad must not fill the store with them."""
        if self._stored.refused:
            position, problem = self._stored.refused[0]
            kind = type(decoded[position].item).__name__
            data = {"refused": len(self._stored.refused), "first": kind, "problem": problem.problem}
            self._note("items_refused", problem.reason, "error", data=data)

    def _note(
        self, name: str, reason: str, severity: str, *, data: Mapping[str, Any], session_id: str | None = None
    ) -> None:
        events.record(
            self._connection,
            name,
            reason=reason,
            severity=severity,
            now=self._now,
            participant_id=self._participant_id,
            session_id=session_id,
            data=data,
        )

    def _session(self, session_id: str) -> Session:
        if session_id not in self._sessions:
            self._sessions[session_id] = play.owned(self._connection, session_id, self._participant_id)
        return self._sessions[session_id]

    def _chunk(self, one: Decoded) -> None:
        item = one.item
        assert isinstance(item, Chunk) and one.last
        session = self._session(item.session_id)
        start = self._start(session, item)
        _check_bounds(item, session)
        # Who comes back into a game of several plays the episode again from its reset.
        began = (start.episode, BEFORE_RESET if session.is_multiplayer else start.frame)
        if (item.episode, item.first) < began:
            raise ClientError("before_its_generation", "this was played by an earlier generation")
        second = games.digests(self._connection, session.id, item.episode, item.index)
        stored = second.setdefault((session.player, item.generation), [])
        if item.digest in stored:
            return
        if len(stored) >= MAX_VARIANTS:
            raise ClientError("other_digest", "there are other chunks under this key already")
        if stored:
            self._note_conflict(item, stored)
        if item.episode == start.episode and item.first < start.frame:
            self._check_replayed(session, item)
        row = self._chunk_row(item, one, session)
        games.add_chunk(self._connection, session, row)
        stored.append(item.digest)
        is_late = self._late(session, item.episode)
        if session.is_multiplayer:
            if is_late or self._is_other(session, item.episode, second):
                verdicts.ask(self._connection, session.id, item.episode, now=self._now)
                self._stored.files_due = True
            if row["ending"] or any(self._is_over(session, item.episode)):
                self._settle(session, item.episode)

    def _is_other(self, session: Session, episode: int, second: games.Digests) -> bool:
        """Whether players recorded something else, as far as digests tell. The files' thread looks into such chunks."""
        if not verdicts.differ(self._lives[session.id], second, episode):
            return False
        return not verdicts.is_mismatch(self._connection, session.id, episode)

    def _settle(self, session: Session, episode: int) -> None:
        self._over.clear()
        if play.completed_by(self._connection, session, episode, self._now):
            self._stored.files_due = True

    def _chunk_row(self, item: Chunk, one: Decoded, session: Session) -> dict[str, object]:
        assert one.last
        return {
            "episode": item.episode,
            "generation": item.generation,
            "number": item.index,
            "digest": item.digest,
            "first": item.first,
            "rows": item.rows,
            "ending": ending(one.last, session.max_steps),
            "data": one.data,
            "received_at": self._now,
        }

    def _start(self, session: Session, item: Chunk | Experience | EpisodeEnd) -> Start:
        """The beginning of the generation that this item claims to be of."""
        start = self._generation(session, item.generation)
        if item.episode >= session.episodes:
            raise ClientError("no_such_episode", f"the session has {session.episodes} episodes")
        return start

    def _generation(self, session: Session, generation: int) -> Start:
        if session.id not in self._lives:
            self._lives[session.id] = games.lives(self._connection, session.id)
        starts = self._lives[session.id].get(session.player, [])
        if generation >= len(starts):
            raise ClientError("unknown_generation", "no worker of this session was given that generation")
        return starts[generation]

    def _note_conflict(self, item: Chunk, stored: list[str]) -> None:
        data = {"episode": item.episode, "generation": item.generation, "index": item.index}
        digests = {"first_digest": stored[0], "digest": item.digest}
        self._note("chunk_conflict", "other_digest", "error", session_id=item.session_id, data=data | digests)

    def _check_replayed(self, session: Session, item: Chunk) -> None:
        """Frames that an earlier generation of this player has sent come out the same again, or something is wrong."""
        earlier = {
            piece.digest
            for piece in games.pieces(self._connection, session, item.episode)
            if piece.number == item.index and piece.generation < item.generation and piece.whole(session.fps)
        }
        if earlier and item.digest not in earlier:
            data = {"episode": item.episode, "generation": item.generation, "index": item.index}
            self._note("replayed_differently", "other_digest", "error", session_id=item.session_id, data=data)

    def _late(self, session: Session, number: int) -> bool:
        """Whether the episode is complete: then its files do not have what has just been stored."""
        is_complete, _ = self._is_over(session, number)
        if is_complete:
            games.mark_unwritten(self._connection, session.id, number)
            self._stored.files_due = True
        return is_complete

    def _is_over(self, session: Session, number: int) -> tuple[bool, bool]:
        key = session.id, number
        if key not in self._over:
            self._over[key] = progress.is_over(self._connection, session.id, number)
        return self._over[key]

    def _experience(self, one: Decoded) -> None:
        item = one.item
        assert isinstance(item, Experience)
        session = self._session(item.session_id)
        self._start(session, item)
        key = {"episode": item.episode, "generation": item.generation, "number": item.index}
        row = {**key, "data": msgspec.json.encode(item), "received_at": self._now}
        if games.add_experience(self._connection, session, row):
            self._late(session, item.episode)

    def _episode_end(self, one: Decoded) -> None:
        item = one.item
        assert isinstance(item, EpisodeEnd)
        session = self._session(item.session_id)
        start = self._start(session, item)
        if session.is_multiplayer:
            self._end_of_several(session, item, start)
        else:
            self._end_alone(session, item)

    def _end_alone(self, session: Session, item: EpisodeEnd) -> None:
        if item.end_reason not in BY_ENVIRONMENT or item.statistics:
            raise ClientError("malformed", "this is the end of an episode of several players")
        completed = games.completed(self._connection, session.id)
        if item.episode < len(completed):
            _check_same_end(item, completed[item.episode])
        elif self._overtaken(session, item):
            self._note_superseded(item)
        else:
            self._complete(session, item, expected=len(completed))

    def _end_of_several(self, session: Session, item: EpisodeEnd, start: Start) -> None:
        """What this player says of the end is stored; whether it is one shows with what the others sent."""
        if item.episode < start.episode:
            raise ClientError("before_its_generation", "this was played by an earlier generation")
        if session.max_steps is not None and item.frames > session.max_steps:
            raise ClientError("malformed", f"an episode has no more than {session.max_steps} steps")
        if item.generation < generation_of(games.starts(self._connection, session), item.episode):
            self._note_superseded(item)
        elif not progress.say(self._connection, session, item, now=self._now):
            known = progress.said(self._connection, session, item.episode)
            _check_same_end(item, known or End(item.frames, item.end_reason))
        else:
            self._settle(session, item.episode)
            self._stored.files_due = True

    def _note_superseded(self, item: EpisodeEnd) -> None:
        data = {"episode": item.episode, "generation": item.generation, "frames": item.frames}
        self._note("episode_end_superseded", "resumed", "info", session_id=item.session_id, data=data)

    def _overtaken(self, session: Session, item: EpisodeEnd) -> bool:
        """Whether a later generation plays this episode now, so that what this one says of its end is void."""
        return item.generation < len(games.starts(self._connection, session)) - 1

    def _complete(self, session: Session, item: EpisodeEnd, *, expected: int) -> None:
        frames = frames_of(games.line(self._connection, session, item.episode))
        if item.episode != expected or frames != item.frames or frames == 0:
            raise ClientError("frames_missing", f"of {item.frames} frames {frames} are here in a row")
        self._over.clear()
        games.complete(self._connection, session.id, Episode(item.episode, frames, item.end_reason), now=self._now)
        self._stored.files_due = True

    def _links(self, one: Decoded) -> None:
        item = one.item
        assert isinstance(item, Links)
        session = self._session(item.session_id)
        self._generation(session, item.generation)
        agents = {member.agent for member in matches.members_of(self._connection, session.id)}
        if not {row.partner for row in item.rows} <= agents - {session.player}:
            raise ClientError("no_such_partner", "the links of a player lead to the other players of the session")
        if item.index >= MAX_LINKS:
            raise ClientError("too_large", f"a generation has no more than {MAX_LINKS} uploads of links")
        link_rows.add(self._connection, session, item, now=self._now)

    def _event(self, one: Decoded) -> None:
        item = one.item
        assert isinstance(item, Event)
        if item.session_id is not None:
            self._session(item.session_id)
        self._check_events()
        what = {"name": item.name, "severity": item.severity, "reason": item.reason, "session_id": item.session_id}
        row = {**what, "at": self._now, "client_at": item.client_ms / 1000, "data": item.data, "detail": item.detail}
        if events.record_reported(self._connection, self._participant_id, item.id, row):
            self._stored.reported.append(item)

    def _check_events(self) -> None:
        if self._reported is None:
            self._reported = events.reported(self._connection, self._participant_id)
        if self._reported + len(self._stored.reported) >= MAX_EVENTS:
            raise ClientError("too_many", f"the pages of a participant report no more than {MAX_EVENTS} events")


def ending(last: Row, max_steps: int | None) -> str | None:
    """Why the episode ends with this row: all agents that are left are done, or it has as many steps as it may have."""
    if last.frame == BEFORE_RESET:
        return None
    all_done = all(last.terminated[agent] or last.truncated.get(agent, False) for agent in last.terminated)
    at_limit = max_steps is not None and last.frame + 1 >= max_steps
    return end_reason(last, max_steps) if all_done or at_limit else None


def _check_bounds(item: Chunk, session: Session) -> None:
    """A chunk is the frames of its second and begins with the first of them."""
    first = item.index * session.fps if item.index else BEFORE_RESET
    end = (item.index + 1) * session.fps
    if item.first != first or item.first + item.rows > end:
        raise ClientError("malformed", f"chunk {item.index} holds the frames from {first} to {end - 1}")
    if session.max_steps is not None and item.first + item.rows > session.max_steps:
        raise ClientError("malformed", f"an episode has no more than {session.max_steps} steps")


def _check_same_end(item: EpisodeEnd, known: Episode | End) -> None:
    if item.frames != known.frames:
        raise ClientError("other_end", f"the episode ended after {known.frames} frames")
