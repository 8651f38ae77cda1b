"""A session of several people in the store, from the match to the last who leaves it.

Like ``study``, all of it runs inside one write; who is matched and when is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from interactive_gym.data import attributes, events, games, matches, meetings, people
from interactive_gym.data.games import Session
from interactive_gym.data.matches import Member
from interactive_gym.data.meetings import Meeting
from interactive_gym.game.matchconfig import human_peers
from interactive_gym.scenes import GymScene
from interactive_gym.scenes.attributes import AttributeRules
from interactive_gym.server import conditions, known, lifecycle, matchlife, play
from interactive_gym.server.drawn import new_id, seed_of
from interactive_gym.server.lifecycle import Outcome
from interactive_gym.server.room import Group, Profile

_CUT_SHORT = ("interrupted", "failed")  # ends of episodes that nobody has played to the end


def match(
    connection: Connection,
    scene: GymScene,
    group: Group,
    tabs: Mapping[str, str],
    now: float,
    rules: AttributeRules,
) -> Sequence[Session]:
    """The members of ``group`` play ``scene`` together, the one who has waited longest its first human agent.

    Args:
        tabs: Participant -> the tab in which they begin.
        rules: What of the members' attributes the game may have.

    Returns:
        The session as each of them sees it, in the order of the group.
    """
    session_id = new_id("s")
    game = scene.game(conditions.of_group(connection, scene, session_id, group.members, now))
    game = with_stand_ins(game, scene.humans[len(group.members) :], scene.stand_in)
    agents = zip(scene.humans[: len(group.members)], human_peers(game), group.members, strict=True)
    members = [Member(agent, peer, who, tabs[who]) for agent, peer, who in agents]
    matchlife.after(matchlife.State.WAITING, matchlife.Step.CHOOSE)
    game = known.seated(connection, rules, scene, game, {one.agent: one.participant_id for one in members})
    matches.add(connection, session_id, scene.id, seed_of(scene), game, members, now=now)
    for who in group.members:
        people.assign(connection, who, scene.id, session_id)
        step(connection, who, lifecycle.Step.MATCH)
    chosen = {"members": {member.agent: member.participant_id for member in members}}
    _note(connection, session_id, "matched", group.reason, now, **chosen, chosen_from=list(group.chosen_from))
    meetings.add(connection, meeting(scene, group), session_id, now=now)
    return games.sides(connection, session_id)


def with_stand_ins(game: Mapping[str, Any], agents: Sequence[str], policy: str | None) -> dict[str, Any]:
    """``game`` (``protocol_game.Game``) in which ``policy`` plays these agents, for whom nobody is there."""
    if not agents:
        return dict(game)
    assert policy, "the config is checked: groups are smaller only where somebody plays for the rest"
    played = {**game["policies"], **dict.fromkeys(agents, policy)}
    group = game["multiplayer"]["group"] - len(agents)
    return {**game, "policies": played, "multiplayer": {**game["multiplayer"], "group": group}}


def meeting(scene: GymScene, group: Group) -> Meeting:
    """What is stored of the decision that these play together."""
    logged = [vars(one) for one in group.candidates]
    return Meeting(scene.id, type(scene.waiting.matcher).__name__[:128], group.members, logged, group.reason)


def not_there(connection: Connection, scene: GymScene, group: Group, absent: Sequence[str], now: float) -> None:
    """Nothing comes of this decision: these members do not answer, or somebody has gone since."""
    meetings.add(connection, meeting(scene, group), None, now=now, result=meetings.ABSENT)
    for who in absent:
        events.record(
            connection,
            "not_there",
            reason="no_answer",
            severity="warning",
            now=now,
            participant_id=who,
            data={"scene_id": scene.id},
        )


def profile(connection: Connection, participant_id: str) -> Profile:
    """What matchers may know of this participant."""
    companies = meetings.companies(connection, participant_id)
    latest_first = dict.fromkeys(other for company in reversed(companies) for other in company)
    known_of = attributes.of(connection, participant_id)
    return Profile(tuple(latest_first)[::-1], companies[-1] if companies else (), known_of)


def begin(connection: Connection, session_id: str, now: float, rtts_ms: Mapping[str, float] | None = None) -> None:
    """All members are connected with each other; ``rtts_ms`` as in ``data.meetings``."""
    _change(connection, session_id, matchlife.Step.PLAY, now)
    meetings.close(connection, session_id, meetings.PLAYING, now=now, rtts_ms=rtts_ms)
    for member in matches.members_of(connection, session_id):
        step(connection, member.participant_id, lifecycle.Step.PLAY)


def part(
    connection: Connection,
    session_id: str,
    reason: str,
    now: float,
    *,
    gone: Sequence[str] = (),
    rtts_ms: Mapping[str, float] | None = None,
) -> None:
    """The match came to nothing before the game began: its members wait again, but for those who are ``gone``."""
    scene_id = games.sides(connection, session_id)[0].scene_id
    _change(connection, session_id, matchlife.Step.END, now, reason)
    meetings.close(connection, session_id, reason, now=now, rtts_ms=rtts_ms)
    for who in [member.participant_id for member in matches.members_of(connection, session_id)]:
        people.assign(connection, who, scene_id, None)
        if who in gone:
            step_out(connection, who, now)
        else:
            step(connection, who, lifecycle.Step.UNMATCH)
    _note(connection, session_id, "unmatched", reason, now, gone=list(gone))


def is_over(connection: Connection, session: Session) -> bool:
    """Whether its last episode has been played."""
    return games.next_episode(connection, session.id) >= session.episodes


def _is_played(connection: Connection, session: Session) -> bool:
    """Whether its last episode came to its end: not one in which players lost each other, or an environment failed."""
    last = games.find_episode(connection, session.id, session.episodes - 1)
    return last is not None and last.end_reason not in _CUT_SHORT


def is_cut(connection: Connection, session: Session) -> bool:
    """Whether the referee has taken the one who sees the session so out of it for good."""
    return session.peer in _cut(connection, session.id)


def others(connection: Connection, session: Session) -> list[str]:
    """Who else is in this game: has not gone on from it, nor failed in it, nor been taken out of it for good."""
    cut = _cut(connection, session.id) | {session.peer}
    members = [member for member in matches.members_of(connection, session.id) if member.peer not in cut]
    found = [people.find(connection, member.participant_id) for member in members]
    return [who.id for who in found if who and who.scene_id == session.scene_id and not who.outcome]


def is_incomplete(connection: Connection, session: Session) -> bool:
    """Whether one of the others has left."""
    return len(others(connection, session)) + 1 < len(matches.members_of(connection, session.id))


def is_deserted(connection: Connection, session: Session) -> bool:
    """Whether all others have left; where nobody else ever was, nobody has."""
    had_others = len(matches.members_of(connection, session.id)) > 1
    return had_others and not others(connection, session)


def leave(connection: Connection, session: Session, reason: str, now: float) -> None:
    """The one who sees the session so has gone on, or failed. With the last of them it ends."""
    if others(connection, session) or session.state == matchlife.State.ENDED:
        return
    _end(connection, session, reason, now)


def desert(connection: Connection, session_id: str, now: float) -> None:
    """Nobody of this running game has been connected for so long that it ends."""
    end(connection, session_id, "deserted", now)
    _note(connection, session_id, "deserted", "nobody_connected", now)


def end(connection: Connection, session_id: str, reason: str, now: float) -> None:
    """This running game is over for all who are in it."""
    session = games.sides(connection, session_id)[0]
    play.settle(connection, session, now)
    _end(connection, session, reason, now)


def step(connection: Connection, participant_id: str, step: lifecycle.Step) -> None:
    """
    Raises:
        ClientError: ``not_now``.
    """
    who = people.find(connection, participant_id)
    assert who, "a member is a participant: the database says so"
    people.place(connection, replace(who, state=lifecycle.after(who.state, step)))


def step_out(connection: Connection, participant_id: str, now: float) -> None:
    """The connection is gone of somebody who waits or connects, or the server was."""
    step(connection, participant_id, lifecycle.Step.STEP_OUT)
    who = people.find(connection, participant_id)
    assert who, "whoever takes a step is in the store"
    people.step_out(connection, participant_id, who.scene_id, now=now)


def _cut(connection: Connection, session_id: str) -> set[int]:
    return {grant.peer for grant in matches.grants_of(connection, session_id) if grant.is_gone}


def _end(connection: Connection, session: Session, otherwise: str, now: float) -> None:
    """The reason is ``otherwise`` where not all of it was played, and nobody was done in it before."""
    failure = events.first_reason(connection, events.FINISHED, session.id) or otherwise
    reason = Outcome.COMPLETED if _is_played(connection, session) else failure
    _change(connection, session.id, matchlife.Step.END, now, reason)
    play.settle(connection, session, now)  # what nobody has ended is interrupted now


def _change(
    connection: Connection, session_id: str, step: matchlife.Step, now: float, reason: str | None = None
) -> None:
    state = matchlife.after(matches.state_of(connection, session_id), step)
    matches.set_state(connection, session_id, state, now=now, reason=reason)


def _note(connection: Connection, session_id: str, name: str, reason: str, now: float, **data: object) -> None:
    events.record(connection, name, reason=reason, severity="info", now=now, session_id=session_id, data=data)
