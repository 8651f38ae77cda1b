"""A study as it might have been, from a seed: its people and all that they leave in the store, without a server.

    study = generate(tmp_path, participants=200)

What is written goes through the functions that the server uses, uploads through its ingest; only who does what, and
when, is drawn here. ``study.truth`` is what was meant to be stored, noted on the way and not read from the store.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection

import interactive_gym as ig
from interactive_gym.data import assignments, attributes, database, events, people, screenings, study_values
from interactive_gym.data.database import Database
from interactive_gym.data.files import Files
from interactive_gym.data.flat import write_json
from interactive_gym.data.people import CODE_LENGTH, CODE_LETTERS, Participant
from interactive_gym.data.provenance import note_start
from interactive_gym.data.store import Store
from interactive_gym.server.endings import severity_of
from interactive_gym.server.lifecycle import Outcome
from tests.data import generated_games as games
from tests.data.generated_games import BEGAN, FPS, Truth, draw, follow, make_kitchen, make_practice, make_tag

COMMENT = 'Fun, but "laggy"; =1+1,\nsecond line 😀'
BY_THE_WAY = ("", "", "reload", "", "", "looks away", "", "")  # what those who complete do besides
FATES = {  # of each forty, where these end, and how; all others complete the study
    0: ("welcome", Outcome.SCREENED_OUT, "browsers"),
    1: ("welcome", Outcome.CONSENT_REFUSED, "consent_refused"),
    2: ("practice", Outcome.TECHNICAL_FAILURE, "make_failed"),
    3: ("practice", Outcome.EXCLUDED, "max_ping"),
    4: ("practice", Outcome.IDLE_TIMEOUT, "idle"),
    5: ("survey", Outcome.WITHDREW, "withdrew"),
    6: ("survey", None, ""),  # has not come back yet
    7: ("kitchen", Outcome.WAITROOM_TIMEOUT, "nobody_came"),
    8: ("kitchen", Outcome.FOCUS_TIMEOUT, "hidden"),  # the partner's is partner_left
    13: ("kitchen", Outcome.CONNECTION_FAILED, "connection_failed"),  # likewise
    20: ("tag", Outcome.REMOVED, "removed"),  # the others play on with a bot
}


@dataclass
class Person:
    """``now`` is the moment in which they are; ``fate`` where and how they end early."""

    who: Participant
    number: int
    skill: float
    now: float
    scenes: list[str]
    fate: tuple[str, Outcome | None, str] | None
    habit: str = ""

    @property
    def id(self) -> str:
        return self.who.id

    def ends_in(self, scene_id: str) -> bool:
        return self.fate is not None and self.fate[0] == scene_id


@dataclass
class Generated:
    """A study in ``folder``; its store is closed."""

    folder: Path
    experiment: ig.Experiment
    truth: Truth = field(default_factory=Truth)


def study() -> ig.Experiment:
    """Alone, in pairs, in threes with a bot; a survey, a factor of participants and one of groups."""
    size = ig.Factor("size", {"small": 5, "large": 9}, by="group")
    keys = {"ArrowLeft": 1, "ArrowRight": 2, "ArrowUp": 3}
    two, three = dict.fromkeys(("chef", "cook"), ig.Human), dict.fromkeys(("red", "green", "blue"), ig.Human)
    practice = ig.GymScene("practice").environment(make_practice)
    kitchen = ig.GymScene("kitchen").environment(make_kitchen, options={"size": size}).policies(two)
    tag = ig.GymScene("tag").environment(make_tag).policies({**three, "it": follow})
    plays = {"actions": keys, "default_action": 0}
    return (
        ig.Experiment("generated")
        .outcome("partner_left", code=True)
        .scenes(
            ig.StartScene("welcome").content(header="Welcome"),
            practice.rendering(draw=draw, fps=FPS).gameplay(**plays, episodes=2, record_states=True),
            ig.Conditions("briefing", {"told": ig.StaticScene("strategy").content(header="How"), "untold": []}),
            ig.StaticScene("survey").content(
                body="<input name='age' type='number'><textarea name='comment'></textarea>"
            ),
            kitchen.rendering(draw=draw, fps=FPS).gameplay(
                **plays, episodes=3, max_steps=games.KITCHEN_FRAMES, record_observations=True
            ),
            tag.rendering(draw=draw, fps=FPS)
            .gameplay(**plays, episodes=2)
            .multiplayer(on_leave=ig.TakeOver(follow), on_disconnect="continue"),
            ig.StaticScene("debrief").content(body="<input name='fun' type='range'>"),
            ig.CompletionCodeScene("code"),
        )
    )


def generate(
    folder: Path, participants: int = 200, *, seed: int = 0, files: bool = True, place: Database | None = None
) -> Generated:
    """Writes a study of so many participants to ``folder``, which is made; the same for the same seed, but for when its
    files were written.

    Args:
        files: Also write the tables, and judge parity, as the server does when it stops.
        place: Where its store is, if not in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(place or folder / "study.db")
    database.note(folder, store.database)
    generated = Generated(folder, study())
    _Study(generated, store, random.Random(seed)).run(participants)
    if files:
        sequence = enumerate(generated.experiment.sequence)
        scenes = [{"id": one.id, "kind": one.kind, "position": position, **one.page()} for position, one in sequence]
        for scene in scenes:
            write_json(folder / "scenes" / f"{scene['id']}.json", scene)
        made = {"experiment_id": generated.experiment.id, "archive": None, "now": BEGAN}
        note_start(folder / "provenance.json", **made, scenes=scenes)
        Files(store, folder, structlog.get_logger()).close()
    store.close()
    return generated


class _Study:
    """Sends everybody through it, scene by scene; each step is one write."""

    def __init__(self, generated: Generated, store: Store, chance: random.Random) -> None:
        self._truth, self._store, self._chance = generated.truth, store, chance
        self._scenes = {scene.id: scene for scene in generated.experiment.sequence}
        self._games = games.Games(self._truth, store, chance, self.finish, self._scenes)

    def run(self, participants: int) -> None:
        noted = {"note": "piloted on Monday", "target": participants}
        self._store.submit(lambda c: study_values.put(c, noted, now=BEGAN)).result()
        everybody = [self._store.submit(lambda c, n=n: self._arrive(c, n)).result() for n in range(participants)]
        here = self._each(everybody, "welcome", self._welcome)
        here = self._each(here, "practice", self._games.practice)
        here = [*self._each([p for p in here if "strategy" in p.scenes], "strategy", self._read), *here]
        here = list({person.id: person for person in sorted(here, key=lambda person: person.number)}.values())
        here = self._each(here, "survey", self._survey)
        here = self._games.kitchen(here, self._enter)
        here = self._games.tag(here, self._enter)
        here = self._each(here, "debrief", self._debrief)
        for person in here:
            self._store.submit(lambda c, one=person: self._code(c, one)).result()

    def _each(self, here: list[Person], scene_id: str, pass_through: Any) -> list[Person]:
        """Who goes on from this scene."""

        def write(connection: Connection, person: Person) -> bool:
            if scene_id != "welcome":
                self._enter(connection, person, scene_id)
            goes_on: bool = pass_through(connection, person)
            if goes_on:
                people.leave(connection, person.id, scene_id, now=person.now)
            return goes_on

        return [one for one in here if self._store.submit(lambda c, one=one: write(c, one)).result()]

    def _arrive(self, connection: Connection, number: int) -> Person:
        chance = self._chance
        fate = FATES.get(number % 40)
        subject = f"subject-{number:05d}-{chance.getrandbits(32):08x}" if number % 5 else None
        told = chance.random() < 0.5
        scenes = ["welcome", "practice", *(["strategy"] if told else []), "survey", "kitchen", "tag", "debrief", "code"]
        who = Participant(f"p-{chance.getrandbits(64):016x}", subject, "arrived", "welcome", None)
        now = BEGAN + 20.0 * number
        person = Person(who, number, chance.random(), now, scenes, fate, BY_THE_WAY[number % len(BY_THE_WAY)])
        query = {"PROLIFIC_PID": subject, "STUDY_ID": "study-1", "group": "a,b"} if subject else {}
        people.add_participant(connection, who, query=query, now=now)
        people.set_sequence(connection, who.id, scenes)
        people.note_transport(connection, who.id, "polling" if number % 9 == 4 else "websocket")
        assignments.assign(connection, "briefing", who.id, "told" if told else "untold", now=now)
        values = {"language": "de" if number % 3 else "en", "level": number % 4, "is_member": number % 2 == 0}
        attributes.put(connection, who.id, values, source="query", now=now)
        people.enter(connection, who.id, "welcome", position=0, now=now)
        self._truth.attributes += len(values)
        self._truth.people[who.id] = subject
        self._truth.outcomes[None] += 1
        return person

    def _enter(self, connection: Connection, person: Person, scene_id: str, session_id: str | None = None) -> None:
        person.now += 1.0
        person.who = replace(person.who, scene_id=scene_id, state="in_scene")
        position = person.scenes.index(scene_id)
        people.enter(connection, person.id, scene_id, position=position, now=person.now, session_id=session_id)
        people.place(connection, person.who)

    def _welcome(self, connection: Connection, person: Person) -> bool:
        fate = person.fate[1] if person.ends_in("welcome") and person.fate else None
        measured = {
            "browser": ("Chrome", "Firefox", "Safari")[person.number % 3],
            "browser_version": "140.0",
            "os": "Linux",
            "device": "desktop",
            "webrtc": True,
            "touch": person.number % 2 == 1,
            "screen": [1920, 1080],
            "languages": ["en-GB", "de"],
            "pings_ms": [round(self._chance.uniform(10, 90), 2) for _ in range(3)],
        }
        accepted, reason = fate != Outcome.SCREENED_OUT, "browsers" if fate == Outcome.SCREENED_OUT else "accepted"
        now = person.now + 2
        screenings.add(connection, person.id, measured, accepted=accepted, reason=reason, detail="", now=now)
        person.now += 10.0
        return not self._ends(connection, person, "welcome")

    def _read(self, connection: Connection, person: Person) -> bool:
        person.now += 15.0
        return True

    def _survey(self, connection: Connection, person: Person) -> bool:
        person.now += 30.0
        if self._ends(connection, person, "survey"):
            return False
        hobbies: list[str] = [["chess", "go"], [], ["climbing, outside"]][person.number % 3]
        comment = COMMENT if person.number % 4 else ""
        answers = {"age": str(18 + person.number % 50), "comment": comment, "hobbies": hobbies}
        self._answer(connection, person, "survey", answers)
        return True

    def _debrief(self, connection: Connection, person: Person) -> bool:
        person.now += 20.0
        self._answer(connection, person, "debrief", {"fun": str(self._chance.randint(1, 7))})
        return True

    def _answer(self, connection: Connection, person: Person, scene_id: str, answers: dict[str, Any]) -> None:
        people.add_responses(connection, person.id, scene_id, answers, now=person.now)
        self._truth.responses.update({(person.id, scene_id, name): value for name, value in answers.items()})

    def _code(self, connection: Connection, person: Person) -> None:
        self._enter(connection, person, "code")
        self.finish(connection, person, Outcome.COMPLETED, "last_scene")

    def _ends(self, connection: Connection, person: Person, scene_id: str) -> bool:
        """Whether they end in this scene, and they do; or are still in it, without an outcome."""
        if not person.ends_in(scene_id) or person.fate is None:
            return False
        _, outcome, reason = person.fate
        if outcome:
            self.finish(connection, person, outcome, reason)
        return True

    def finish(
        self, connection: Connection, person: Person, outcome: Outcome, reason: str, session_id: str | None = None
    ) -> None:
        """As ``server.endings.finish``, but with a code from the seed."""
        letters = (self._chance.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        code = "".join(letters) if outcome in (Outcome.COMPLETED, Outcome.PARTNER_LEFT) else None
        link = f"https://platform.example/?cc={code}&pid={person.who.subject_id}" if code else None
        person.who = replace(person.who, state="done", outcome=str(outcome), code=code, redirect=link)
        people.finish(connection, person.who, now=person.now)
        data = {"outcome": str(outcome), "scene_id": person.who.scene_id}
        where = {"participant_id": person.id, "session_id": session_id}
        told = {"reason": reason, "severity": severity_of(outcome), "now": person.now, "data": data}
        events.record(connection, events.FINISHED, **where, **told)
        self._truth.outcomes += Counter({str(outcome): 1})
        self._truth.outcomes[None] -= 1
