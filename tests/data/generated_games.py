"""The games of a generated study: what is played, and what the pages of the players upload of it.

A group scores more with every episode, and less the longer the way between its players is.
"""

from __future__ import annotations

import random
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection

from interactive_gym.data import assignments, events, games, matches, meetings, people
from interactive_gym.data.games import Session
from interactive_gym.data.matches import Member
from interactive_gym.data.meetings import Meeting
from interactive_gym.data.store import Store
from interactive_gym.netcode.referee import Grant
from interactive_gym.protocol import (
    Chunk,
    EpisodeEnd,
    Event,
    Experience,
    Item,
    KeyRow,
    LinkRow,
    Links,
    PlayStatistics,
    TickRow,
    Upload,
)
from interactive_gym.records import Row, pack
from interactive_gym.scenes import GymScene, Scene
from interactive_gym.server import ingest, play
from interactive_gym.server.lifecycle import Outcome

if TYPE_CHECKING:
    from tests.data.generated import Person

BEGAN = 1_767_603_600.0  # Unix seconds
FPS = 10
KITCHEN_FRAMES = 30
BOT = "it"
AWAY = range(10, 20)  # frames in which green of every second group is not there

Enter = Callable[..., None]
Finish = Callable[..., None]


def make_practice() -> Any:
    raise AssertionError("a generated study is never played")


def make_kitchen(size: int) -> Any:
    raise AssertionError("a generated study is never played")


def make_tag() -> Any:
    raise AssertionError("a generated study is never played")


def draw(env: Any, surface: Any) -> None: ...


def follow(observation: Any, agent: str) -> int:
    return 0


@dataclass
class Truth:
    """What was meant to be stored.

    Attributes:
        people: Participant -> subject, or None.
        outcomes: How many ended so; None: not yet.
        responses: (participant, scene, name) -> value.
        sessions: Session -> agent -> participant.
        rows: (session, episode) -> the rows of a complete episode, from the reset on.
        parity: (session, episode) -> "identical", "mismatch" or "incomplete", of complete episodes of several people.
        unfinished: Episodes of which something is stored, and that are not complete.
        generations: (session, player) -> how many workers began to play it.
    """

    people: dict[str, str | None] = field(default_factory=dict)
    outcomes: Counter[str | None] = field(default_factory=Counter)
    attributes: int = 0
    responses: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    sessions: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[tuple[str, int], list[Row]] = field(default_factory=dict)
    parity: dict[tuple[str, int], str] = field(default_factory=dict)
    unfinished: set[tuple[str, int]] = field(default_factory=set)
    generations: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A session, and what makes it better or worse."""

    id: str
    scene_id: str
    number: int
    seats: Mapping[str, Person]
    skill: float
    rtt_ms: float


def chunks(rows: Sequence[Row], session_id: str, episode: int, generation: int = 0) -> list[Chunk]:
    """These rows of an episode, that begin with the reset or a whole second, as they are uploaded."""
    by_second: dict[int, list[Row]] = {}
    for row in rows:
        by_second.setdefault(max(row.frame, 0) // FPS, []).append(row)
    packed = {second: pack(part) for second, part in by_second.items()}
    return [
        Chunk(session_id, episode, generation, second, one.first, one.count, one.digest, b64encode(one.data).decode())
        for second, one in packed.items()
    ]


def upload(connection: Connection, participant_id: str, items: Sequence[Item], now: float) -> None:
    """
    Raises:
        AssertionError: Something of it was refused.
    """
    decoded = ingest.decode(Upload([*items]), budget_s=float("inf")).items
    assert decoded is not None
    stored = ingest.store(connection, participant_id, decoded, now)
    assert not stored.refused, stored.refused


class Games:
    """The game scenes of a study; see ``generated._Study``."""

    def __init__(
        self, truth: Truth, store: Store, chance: random.Random, finish: Finish, scenes: Mapping[str, Scene]
    ) -> None:
        self._truth, self._store, self._chance, self._finish, self._scenes = truth, store, chance, finish, scenes

    def _game(self, scene_id: str, conditions: Mapping[str, str] | None = None) -> dict[str, Any]:
        scene = self._scenes[scene_id]
        assert isinstance(scene, GymScene)
        return scene.game(conditions)

    def _new_session(self) -> tuple[str, int]:
        return f"s-{self._chance.getrandbits(64):016x}", self._chance.getrandbits(31)

    # --- alone ---------------------------------------------------------------------------------------------------

    def practice(self, connection: Connection, person: Person) -> bool:
        """Whether they go on."""
        session_id, seed = self._new_session()
        session = Session(session_id, "practice", seed, self._game("practice"), "0", person.id, None)
        games.add_session(connection, session, now=person.now)
        people.assign(connection, person.id, "practice", session_id)
        self._truth.sessions[session_id] = {"0": person.id}
        outcome, reason = person.fate[1:] if person.fate and person.ends_in("practice") else (None, "")
        if outcome != Outcome.TECHNICAL_FAILURE:
            people.place(connection, replace(person.who, state="playing"))
            self._play_alone(connection, person, session, is_cut_short=outcome is not None)
        if outcome is None:
            games.end(connection, session_id, "completed", now=person.now)
            return True
        self._finish(connection, person, outcome, reason, session_id)
        games.end(connection, session_id, reason, now=person.now)
        return False

    def _play_alone(self, connection: Connection, person: Person, session: Session, *, is_cut_short: bool) -> None:
        match = Match(session.id, "practice", person.number, {"0": person}, person.skill, 0.0)
        play.resume(connection, session, tab="tab-0", now=person.now)
        at = 1000 * person.now
        loaded = Event(f"e-{person.number}-loaded", "runtime_loaded", "info", "", at, session.id, {"ms": 812.5})
        upload(connection, person.id, [loaded], person.now)
        for episode in range(2):
            rows = self._rows(match, episode, 12 + self._chance.randrange(18))
            if is_cut_short and episode == 1:
                upload(connection, person.id, chunks(rows[: FPS + 1], session.id, 1), person.now + 1)
                self._truth.unfinished.add((session.id, 1))
                break
            self._upload_alone(connection, person, session, episode, rows)
            self._truth.rows[session.id, episode] = rows
        self._truth.generations[session.id, "0"] = len(games.starts(connection, session))
        if person.habit == "looks away":
            self._look_away(connection, person, session.id)

    def _upload_alone(
        self, connection: Connection, person: Person, session: Session, episode: int, rows: Sequence[Row]
    ) -> None:
        """Somebody who reloads has recorded half a second more than counts."""
        generation = len(games.starts(connection, session)) - 1
        if person.habit == "reload" and episode == 1:
            superseded = [*rows[: FPS + 1], *self._other(rows[FPS + 1 : FPS + 6])]
            upload(connection, person.id, chunks(superseded, session.id, episode, generation), person.now + 2)
            generation = play.resume(connection, session, tab="tab-1", now=person.now + 3).generation
            rows = rows[FPS + 1 :]
        person.now += len(rows) / FPS + 1
        felt = self._felt(session.id, episode, generation, rows)
        end = EpisodeEnd(session.id, episode, generation, rows[-1].frame + 1, "terminated")
        upload(connection, person.id, [*chunks(rows, session.id, episode, generation), *felt, end], person.now)

    def _other(self, rows: Sequence[Row]) -> list[Row]:
        return [replace(row, rewards=dict.fromkeys(row.rewards, -1.0), terminated={"0": False}) for row in rows]

    def _look_away(self, connection: Connection, person: Person, session_id: str) -> None:
        kinds = (("focus_lost", "info", "visible"), ("console_error", "error", 'it\'s <b>broken</b>, "quoted"'))
        for name, severity, reason in kinds:
            one = Event(f"e-{person.number}-{name}", name, severity, reason, 1000 * person.now, session_id)
            upload(connection, person.id, [one], person.now)

    # --- together ------------------------------------------------------------------------------------------------

    def kitchen(self, here: Sequence[Person], enter: Enter) -> list[Person]:
        """Those who go on, all of them finished with it."""
        waiting = []
        for person in here:
            self._store.submit(lambda c, one=person: self._wait(c, one, enter)).result()
            outcome = person.fate[1] if person.fate and person.ends_in("kitchen") else None
            if outcome == Outcome.WAITROOM_TIMEOUT:
                self._store.submit(lambda c, one=person: self._give_up(c, one)).result()
            else:
                waiting.append(person)
        if len(waiting) % 2:
            last = waiting.pop()
            self._store.submit(lambda c: self._give_up(c, last)).result()
        pairs = list(zip(waiting[::2], waiting[1::2], strict=True))
        done = [self._store.submit(lambda c, n=n, p=p: self._cook(c, n, p)).result() for n, p in enumerate(pairs)]
        return [person for goes_on, pair in zip(done, pairs, strict=True) if goes_on for person in pair]

    def tag(self, here: Sequence[Person], enter: Enter) -> list[Person]:
        """Those who go on; whoever finds no two others skips it."""
        groups = [tuple(here[at : at + 3]) for at in range(0, len(here) - 2, 3)]
        for number, group in enumerate(groups):
            self._store.submit(lambda c, n=number, g=group: self._chase(c, n, g, enter)).result()
        return [person for person in here if person.who.outcome is None]

    def _wait(self, connection: Connection, person: Person, enter: Enter) -> None:
        enter(connection, person, "kitchen")
        person.who = replace(person.who, state="waiting")
        people.place(connection, person.who)
        people.wait(connection, person.id, "kitchen", now=person.now, kept_s=60.0)

    def _give_up(self, connection: Connection, person: Person) -> None:
        person.now += 300.0
        self._finish(connection, person, Outcome.WAITROOM_TIMEOUT, "nobody_came")

    def _seat(
        self, connection: Connection, scene_id: str, number: int, agents: Sequence[str], group: Sequence[Person]
    ) -> Match:
        session_id, seed = self._new_session()
        now = max(person.now for person in group) + 5.0
        rtt_ms = round(self._chance.uniform(20, 250), 1)
        conditions = {"size": "small" if number % 2 else "large"} if scene_id == "kitchen" else {}
        for factor, condition in conditions.items():
            assignments.assign(connection, factor, session_id, condition, now=now)
        who = [person.id for person in group]
        seats = [
            Member(agent, peer, one, f"tab-{peer}") for peer, (agent, one) in enumerate(zip(agents, who, strict=True))
        ]
        matches.add(connection, session_id, scene_id, seed, self._game(scene_id, conditions), seats, now=now)
        candidates = [{"participant_id": one, "waited_s": 5.0, "server_rtt_ms": 30.0, "partners": 0} for one in who]
        meetings.add(connection, Meeting(scene_id, "FIFO", who, candidates, "first_come"), session_id, now=now)
        meetings.close(connection, session_id, meetings.PLAYING, now=now + 3, rtts_ms={f"{who[0]}>{who[1]}": rtt_ms})
        matches.set_state(connection, session_id, matches.PLAYING, now=now + 3)
        for person in group:
            person.now = now + 3
            people.assign(connection, person.id, scene_id, session_id)
            person.who = replace(person.who, state="playing")
            people.place(connection, person.who)
        self._truth.sessions[session_id] = dict(zip(agents, who, strict=True))
        skill = sum(person.skill for person in group) / len(group)
        return Match(session_id, scene_id, number, dict(zip(agents, group, strict=True)), skill, rtt_ms)

    def _cook(self, connection: Connection, number: int, pair: Sequence[Person]) -> bool:
        """Whether both go on: else one was lost in the second episode, and the other has nobody to play with."""
        match = self._seat(connection, "kitchen", number, ("chef", "cook"), pair)
        lost = next((person for person in pair if person.ends_in("kitchen")), None)
        for episode in range(3):
            is_last = lost is not None and episode == 1
            rows = self._rows(match, episode, 17 if is_last else KITCHEN_FRAMES)
            self._upload_kitchen(connection, match, episode, rows, "interrupted" if is_last else "max_steps")
            if is_last:
                break
        for agent, person in match.seats.items():
            self._upload_links(connection, match, agent)
            self._note_generations(connection, match, agent, person)
        if lost is not None:
            self._part(connection, match, lost)
            return False
        self._end(connection, match, "completed")
        return True

    def _upload_kitchen(self, connection: Connection, match: Match, episode: int, rows: list[Row], reason: Any) -> None:
        """Of some groups the second player's records differ, or do not come to the end; in some the first reloads."""
        status = "identical"
        for agent, person in match.seats.items():
            mine, said = rows, True
            if agent == "cook" and episode == 2 and match.number % 7 == 2:
                mine, status = flipped(rows, 15, "cook"), "mismatch"
            if agent == "cook" and episode == 2 and match.number % 7 == 4:
                mine, said, status = rows[: FPS + 1], False, "incomplete"
            generation = 0
            if agent == "chef" and match.number % 4 == 3 and episode >= 1:
                generation = 1
                if episode == 1:
                    upload(connection, person.id, chunks(rows[: FPS + 1], match.id, 1), person.now + 1)
                    matches.add_generation(connection, match.id, agent, tab="tab-9", now=person.now + 2)
            self._upload_side(connection, match, agent, episode, generation, mine, reason if said else None)
        self._truth.rows[match.id, episode] = rows
        self._truth.parity[match.id, episode] = status

    def _chase(self, connection: Connection, number: int, group: Sequence[Person], enter: Enter) -> None:
        """In every second group one is not there for a second; of those who are removed, a bot plays the rest."""
        for person in group:
            enter(connection, person, "tag")
        match = self._seat(connection, "tag", number, ("red", "green", "blue"), group)
        gone: tuple[str, ...] = ()
        for episode in range(2):
            rows = self._rows(match, episode, 25, gone=gone)
            for agent in match.seats:
                if agent not in gone:
                    self._upload_side(connection, match, agent, episode, 0, rows, "truncated")
            self._truth.rows[match.id, episode] = rows
            self._truth.parity[match.id, episode] = "incomplete" if gone else "identical"
            if number % 2 == 0 and episode == 0:
                self._note_absence(connection, match, episode)
            removed = {agent: one for agent, one in match.seats.items() if one.ends_in("tag") and not one.who.outcome}
            for agent, person in removed.items():
                self._remove(connection, match, agent, person)
            gone = (*gone, *removed)
        for agent, person in match.seats.items():
            self._note_generations(connection, match, agent, person)
            if agent not in gone:
                self._upload_links(connection, match, agent)
        self._end(connection, match, "removed" if gone else "completed", gone=gone)

    def _upload_side(
        self,
        connection: Connection,
        match: Match,
        agent: str,
        episode: int,
        generation: int,
        rows: Sequence[Row],
        reason: Any,
    ) -> None:
        person = match.seats[agent]
        person.now += len(rows) / FPS + 3
        items: list[Item] = [*chunks(rows, match.id, episode, generation)]
        items += self._felt(match.id, episode, generation, rows)
        if reason:
            rolled = round(match.rtt_ms / 20) + episode
            counted = PlayStatistics(1, 8, rolled, 2 * rolled, min(rolled, 8), episode, 2 * episode, 0)
            items.append(EpisodeEnd(match.id, episode, generation, rows[-1].frame + 1, reason, counted))
        upload(connection, person.id, items, person.now)

    def _upload_links(self, connection: Connection, match: Match, agent: str) -> None:
        person = match.seats[agent]
        rows = [
            LinkRow(1000 * (person.now + second), other, "direct", "host udp", rtt, 2.0, 0.0, 30, 30)
            for other in match.seats
            if other != agent
            for second, rtt in enumerate((match.rtt_ms - 5, match.rtt_ms, match.rtt_ms + 5))
        ]
        upload(connection, person.id, [Links(match.id, 0, 0, rows)], person.now)

    def _note_generations(self, connection: Connection, match: Match, agent: str, person: Person) -> None:
        session = games.find(connection, match.id, person.id)
        assert session
        self._truth.generations[match.id, agent] = len(games.starts(connection, session))

    def _part(self, connection: Connection, match: Match, lost: Person) -> None:
        assert lost.fate and lost.fate[1]
        self._finish(connection, lost, lost.fate[1], lost.fate[2], match.id)
        matches.set_state(connection, match.id, matches.ENDED, now=lost.now, reason=lost.fate[2])
        for person in match.seats.values():
            if person.who.outcome is None:
                person.now = max(person.now, lost.now) + 1
                self._finish(connection, person, Outcome.PARTNER_LEFT, "partner_left", match.id)

    def _end(self, connection: Connection, match: Match, reason: str, gone: Sequence[str] = ()) -> None:
        now = max(person.now for person in match.seats.values())
        for agent, person in match.seats.items():
            if agent not in gone:
                person.now = now
                people.leave(connection, person.id, match.scene_id, now=now)
        matches.set_state(connection, match.id, matches.ENDED, now=now, reason=reason)

    def _remove(self, connection: Connection, match: Match, agent: str, person: Person) -> None:
        assert person.fate and person.fate[1]
        self._grant(connection, match, agent, 1, is_gone=True, reason="removed")
        self._finish(connection, person, person.fate[1], person.fate[2], match.id)

    def _note_absence(self, connection: Connection, match: Match, episode: int) -> None:
        self._grant(connection, match, "green", episode, is_gone=False, reason="silent")

    def _grant(
        self, connection: Connection, match: Match, agent: str, epoch: int, *, is_gone: bool, reason: str
    ) -> None:
        person = match.seats[agent]
        grant = Grant(epoch, [*match.seats].index(agent), 0, is_gone, -1, reason)
        matches.add_grant(connection, match.id, grant, now=person.now)
        data = {"peer": grant.peer, "epoch": epoch, "turn": 0, "is_gone": is_gone, "by": -1}
        where = {"participant_id": person.id, "session_id": match.id}
        events.record(connection, "cut", reason=reason, severity="warning", now=person.now, data=data, **where)

    # --- what is recorded ----------------------------------------------------------------------------------------

    def _felt(self, session_id: str, episode: int, generation: int, rows: Sequence[Row]) -> list[Experience]:
        found: dict[int, Experience] = {}
        for row in rows[1:] if rows[0].frame < 0 else rows:
            number, due = row.frame // FPS, 1000.0 * row.frame / FPS
            second = found.setdefault(number, Experience(session_id, episode, generation, number, [], []))
            late = round(self._chance.expovariate(0.5), 3)
            second.ticks.append(TickRow(row.frame, due, late, 0.75, due + late + 8, 1, row.frame % 3, 0.25))
            if row.frame % 7 == 3:
                second.keys.append(KeyRow(row.frame, "ArrowLeft", due, due + 5, due + 9, due + 20.5))
        return list(found.values())

    def _rows(self, match: Match, episode: int, frames: int, gone: Sequence[str] = ()) -> list[Row]:
        chance = random.Random(f"{match.id}/{episode}")
        scored = min(0.05 + 0.08 * episode + 0.1 * match.skill + 0.1 * (1 - match.rtt_ms / 250), 1.0)
        rows = [self._reset(match)]
        for frame in range(frames):
            rows.append(self._row(match, episode, frame, frame == frames - 1, chance.random() < scored, chance, gone))
        return rows

    def _agents(self, match: Match) -> list[str]:
        return [*match.seats, *([BOT] if match.scene_id == "tag" else [])]

    def _reset(self, match: Match) -> Row:
        agents = self._agents(match)
        seen = {agent: np.array([n, 0.5], dtype=np.float32) for n, agent in enumerate(agents)}
        state = self._state(match.scene_id, -1)
        return Row(-1, infos={agent: {"fresh": True} for agent in agents}, observations=seen, state=state)

    def _row(
        self,
        match: Match,
        episode: int,
        frame: int,
        is_last: bool,
        scores: bool,
        chance: random.Random,
        gone: Sequence[str],
    ) -> Row:
        agents, scene = self._agents(match), match.scene_id
        is_over = is_last and scene == "practice"
        is_cut = is_last and scene == "tag"  # the kitchen's last frame is the last that max_steps allows
        is_truncated = is_cut or (scene == "kitchen" and frame == KITCHEN_FRAMES - 1)
        infos = {agent: {"x": frame / 10 + n, "at": {"row": frame % 5, "col": n}} for n, agent in enumerate(agents)}
        for info in infos.values():
            info.update({"scored": True} if scores else {})
        source = {agent: self._source(match, episode, agent, frame, gone) for agent in agents}
        return Row(
            frame,
            actions={agent: 0 if source[agent] == "default" else chance.randrange(4) for agent in agents},
            rewards={agent: 1.0 if scores else 0.0 if agent != BOT else -0.25 for agent in agents},
            terminated=dict.fromkeys(agents, is_over),
            truncated=dict.fromkeys(agents, is_truncated),
            infos=infos,
            observations=self._seen(agents, frame) if scene == "kitchen" else None,
            source=source,
            is_focused={agent: not self._looks_away(one, frame) for agent, one in match.seats.items()},
            observed={agent: max(frame - 2, -1) for agent in agents if source[agent] == "bot"},
            present={} if scene == "practice" else {agent: source[agent] != "bot" for agent in match.seats},
            state=self._state(scene, frame),
            state_hash=f"{frame:032x}" if scene != "practice" and (is_last or frame % 10 == 9) else None,
        )

    def _state(self, scene: str, frame: int) -> dict[str, Any] | None:
        if scene != "practice":
            return None
        board = np.arange(4, dtype=np.uint8).reshape(2, 2) + (frame + 1) % 3
        return {"t": frame + 1, "board": board, "pots": {"left": frame % 7 == 6, "right": None}, "name": "kitchen"}

    def _seen(self, agents: Sequence[str], frame: int) -> dict[str, Any]:
        return {agent: np.array([n, frame / 10], dtype=np.float32) for n, agent in enumerate(agents)}

    def _looks_away(self, person: Person, frame: int) -> bool:
        return person.habit == "looks away" and frame % 8 in (5, 6)

    def _source(self, match: Match, episode: int, agent: str, frame: int, gone: Sequence[str]) -> str:
        is_away = match.scene_id == "tag" and agent == "green" and match.number % 2 == 0 and episode == 0
        if agent == BOT or agent in gone or (is_away and frame in AWAY):
            return "bot"
        return "default" if (frame + episode) % 6 == 0 else "human"


def flipped(rows: Sequence[Row], frame: int, agent: str) -> list[Row]:
    """``rows`` in which this agent was rewarded otherwise in this frame."""
    return [
        replace(row, rewards={**row.rewards, agent: 1.0 - row.rewards[agent]}) if row.frame == frame else row
        for row in rows
    ]
