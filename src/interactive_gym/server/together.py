"""A session of several people in the store, from the match to the last who leaves it.

Like ``study``, all of it runs inside one write; who is matched and when is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from interactive_gym.data import events, games, matches, people
from interactive_gym.data.games import Session
from interactive_gym.data.matches import Member
from interactive_gym.game.matchconfig import human_peers
from interactive_gym.scenes import GymScene
from interactive_gym.server import lifecycle, matchlife, play
from interactive_gym.server.drawn import new_id, seed_of
from interactive_gym.server.lifecycle import Outcome
from interactive_gym.server.room import Group

PAGE_FAILED = "page_failed"  # the event that a participant's failure is stored as


def match(
    connection: Connection, scene: GymScene, group: Group, tabs: Mapping[str, str], now: float
) -> Sequence[Session]:
    """The members of ``group`` play ``scene`` together, the one who has waited longest its first human agent.

    Args:
        tabs: Participant -> the tab in which they begin.

    Returns:
        The session as each of them sees it, in the order of the group.
    """
    session_id, game = new_id("s"), scene.game()
    agents = zip(scene.humans, human_peers(game), group.members, strict=True)
    members = [Member(agent, peer, who, tabs[who]) for agent, peer, who in agents]
    matchlife.after(matchlife.State.WAITING, matchlife.Step.CHOOSE)
    matches.add(connection, session_id, scene.id, seed_of(scene), game, members, now=now)
    for who in group.members:
        people.assign(connection, who, scene.id, session_id)
        step(connection, who, lifecycle.Step.MATCH, now)
    chosen = {"members": {member.agent: member.participant_id for member in members}}
    _note(connection, session_id, "matched", "first_come", now, **chosen, chosen_from=list(group.chosen_from))
    return games.sides(connection, session_id)


def tell(connection: Connection, session_id: str, now: float) -> None:
    """The members are about to be told."""
    _change(connection, session_id, matchlife.Step.TELL, now)


def begin(connection: Connection, session_id: str, now: float) -> None:
    """All members are connected with each other."""
    _change(connection, session_id, matchlife.Step.PLAY, now)
    for member in matches.members_of(connection, session_id):
        step(connection, member.participant_id, lifecycle.Step.PLAY, now)


def part(connection: Connection, session_id: str, reason: str, now: float, *, gone: Sequence[str] = ()) -> None:
    """The match came to nothing before the game began: its members wait again, but for those who are ``gone``."""
    scene_id = games.sides(connection, session_id)[0].scene_id
    _change(connection, session_id, matchlife.Step.END, now, reason)
    for who in [member.participant_id for member in matches.members_of(connection, session_id)]:
        people.assign(connection, who, scene_id, None)
        step(connection, who, lifecycle.Step.STEP_OUT if who in gone else lifecycle.Step.UNMATCH, now)
    _note(connection, session_id, "unmatched", reason, now, gone=list(gone))


def is_over(connection: Connection, session: Session) -> bool:
    """Whether its last episode has been played."""
    return games.next_episode(connection, session.id) >= session.episodes


def is_cut(connection: Connection, session: Session) -> bool:
    """Whether the referee has taken the one who sees the session so out of it for good."""
    return session.peer in _cut(connection, session.id)


def others(connection: Connection, session: Session) -> list[str]:
    """Who else is in this game: has not gone on from it, nor failed in it, nor been taken out of it for good."""
    cut = _cut(connection, session.id) | {session.peer}
    members = [member for member in matches.members_of(connection, session.id) if member.peer not in cut]
    known = [people.find(connection, member.participant_id) for member in members]
    return [who.id for who in known if who and who.scene_id == session.scene_id and not who.outcome]


def leave(connection: Connection, session: Session, now: float) -> None:
    """The one who sees the session so has gone on, or failed. With the last of them it ends."""
    if others(connection, session) or session.state == matchlife.State.ENDED:
        return
    _end(connection, session, Outcome.COMPLETED, now)


def desert(connection: Connection, session_id: str, now: float) -> None:
    """Nobody of this running game has been connected for so long that it ends."""
    session = games.sides(connection, session_id)[0]
    play.settle(connection, session, now)
    _end(connection, session, "deserted", now)
    _note(connection, session_id, "deserted", "nobody_connected", now)


def step(connection: Connection, participant_id: str, step: lifecycle.Step, now: float) -> None:
    """
    Raises:
        ClientError: ``not_now``.
    """
    who = people.find(connection, participant_id)
    assert who, "a member is a participant: the database says so"
    people.place(connection, replace(who, state=lifecycle.after(who.state, step)))


def _cut(connection: Connection, session_id: str) -> set[int]:
    return {grant.peer for grant in matches.grants_of(connection, session_id) if grant.is_gone}


def _end(connection: Connection, session: Session, otherwise: str, now: float) -> None:
    """The reason is ``otherwise`` where not all of it was played, and nobody's page failed."""
    failure = events.first_reason(connection, PAGE_FAILED, session.id) or otherwise
    reason = Outcome.COMPLETED if is_over(connection, session) else failure
    _change(connection, session.id, matchlife.Step.END, now, reason)


def _change(
    connection: Connection, session_id: str, step: matchlife.Step, now: float, reason: str | None = None
) -> None:
    state = matchlife.after(matches.state_of(connection, session_id), step)
    matches.set_state(connection, session_id, state, now=now, reason=reason)


def _note(connection: Connection, session_id: str, name: str, reason: str, now: float, **data: object) -> None:
    events.record(connection, name, reason=reason, severity="info", now=now, session_id=session_id, data=data)
