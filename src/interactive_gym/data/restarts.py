"""Games of several whose workers were all gone at once: from where their members play on together.

Everybody plays the stored inputs again, up to a frame that is named once for all, and goes on from there as a new
generation. What earlier generations played beyond it is superseded: it stays in the store and does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, insert, select

from interactive_gym.data import games, matches, parity
from interactive_gym.data.games import Session
from interactive_gym.data.schema import chunks, restarts
from interactive_gym.data.timeline import BEFORE_RESET, Piece, counting
from interactive_gym.records import Row as Record
from interactive_gym.records import unpack

EPOCH_AHEAD = 2  # of the last episode that is complete: the players may have been in the next one already


@dataclass(frozen=True)
class Restart:
    """
    Attributes:
        epoch: One that was not used before in this session; the netcode counts them modulo 256.
        frame: The last one that is played again; -1 is the reset.
        generations: Player -> the first generation that plays on.
        gone: Peers that do not come back.
    """

    epoch: int
    episode: int
    frame: int
    generations: Mapping[str, int]
    gone: Sequence[int]


def name(
    connection: Connection, session_id: str, tabs: Mapping[str, str], gone: Sequence[int], *, now: float
) -> Restart | None:
    """Decides where the game goes on; None where all of its episodes are complete.

    Args:
        tabs: Player -> tab, of those who begin there. The others get a generation, too, which nobody plays: what their
            lost workers have recorded beyond the frame, and may still send, does not count.
    """
    sides = games.sides(connection, session_id)
    episode = games.next_episode(connection, session_id)
    if episode >= sides[0].episodes:
        return None
    line = _stored_line(connection, sides, episode)
    following = line[-1].next_frame if line else BEFORE_RESET
    begun = {
        side.player: matches.start_from(connection, side, episode, following, tab=tabs.get(side.player, ""), now=now)
        for side in sides
    }
    known = _all(connection, session_id)
    restart = Restart(_next_epoch(known, episode), episode, max(following - 1, BEFORE_RESET), begun, sorted(gone))
    where = {"session_id": session_id, "number": len(known) + 1, "named_at": now, "pieces": [one.id for one in line]}
    said = {name: getattr(restart, name) for name in ("epoch", "episode", "frame", "generations", "gone")}
    connection.execute(insert(restarts).values(where | said))
    return restart


def latest(connection: Connection, session_id: str) -> Restart | None:
    """The last one of this session; None if there was none."""
    known = _all(connection, session_id)
    return _restart(known[-1]) if known else None


def replayed(connection: Connection, session_id: str, epoch: int) -> list[bytes] | None:
    """The chunks that are played again, as they were sent; None if no restart of this session has that epoch."""
    row = next((row for row in _all(connection, session_id) if row.epoch == epoch), None)
    if row is None:
        return None
    found = connection.execute(select(chunks.c.id, chunks.c.data).where(chunks.c.id.in_(row.pieces)))
    data = {chunk.id: chunk.data for chunk in found}
    return [data[key] for key in row.pieces]


def agreed(records: parity.Records, fps: int, read: Callable[[Piece], Sequence[Record]]) -> list[Piece]:
    """From row -1 on, whole seconds that anybody has sent and of which nobody has sent anything else.

    Args:
        read: The rows of a chunk; called only for those that differ.
    """
    line: list[Piece] = []
    frame = BEFORE_RESET
    while found := [pieces[frame] for pieces in records.values() if frame in pieces and pieces[frame].whole(fps)]:
        by_digest = {piece.digest: piece for piece in found}
        if len(by_digest) > 1 and parity.difference([read(piece) for piece in by_digest.values()]):
            break
        line.append(found[0])
        frame = found[0].next_frame
        if found[0].ending:
            break
    return line


def _stored_line(connection: Connection, sides: Sequence[Session], episode: int) -> list[Piece]:
    def read(piece: Piece) -> list[Record]:
        (data,) = games.data_of(connection, [piece])
        return unpack(data)

    records = {
        side.player: counting(games.pieces(connection, side, episode), games.starts(connection, side)) for side in sides
    }
    return agreed(records, sides[0].fps, read)


def _next_epoch(known: Sequence[Row[tuple[object, ...]]], episode: int) -> int:
    """Every episode has had one of its own since the last restart."""
    epoch, first = (known[-1].epoch, known[-1].episode) if known else (0, 0)
    return int(epoch + episode - first + EPOCH_AHEAD)


def _all(connection: Connection, session_id: str) -> Sequence[Row[tuple[object, ...]]]:
    query = select(restarts).where(restarts.c.session_id == session_id)
    return connection.execute(query.order_by(restarts.c.number)).all()


def _restart(row: Row[tuple[object, ...]]) -> Restart:
    return Restart(row.epoch, row.episode, row.frame, row.generations, row.gone)
