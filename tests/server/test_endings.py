"""How participants end: what is stored, what they see, and see again."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.data import people
from interactive_gym.scenes.endings import OUTCOMES
from interactive_gym.server import endings
from interactive_gym.server.lifecycle import Outcome
from interactive_gym.server.pages import _OUTCOMES
from tests.server.game import make
from tests.server.meeting import Player, end_reason, events, matched, playing, session_state, state_of
from tests.server.rows import whole_episode
from tests.server.running import Participant, Running

Serve = Callable[..., Running]
Arrive = Callable[..., Participant]
Come = Callable[..., Any]

PLAY = {"actions": {"ArrowLeft": 1}, "default_action": 0}
CONSENT = ig.StaticScene("consent").content(body="<p>Do you agree?</p>")
GAME = ig.GymScene("game").environment(make).gameplay(**PLAY)


def study(*between: Any, last: Any = None) -> ig.Experiment:
    return ig.Experiment("study").scenes(ig.StartScene("welcome"), *between, last or ig.EndScene("thanks"))


def pair(**leaving: str) -> ig.Experiment:
    game = ig.GymScene("game").environment(make).policies({0: ig.Human, 1: ig.Human}).gameplay(**PLAY)
    return study(game.leaving(**leaving))


def stored(server: Running, one: Participant) -> people.Participant:
    who = server.desk.store.read_now(lambda connection: people.find(connection, one.id))
    assert isinstance(who, people.Participant)
    return who


async def arrived(one: Participant, *scenes: str, **query: str) -> dict[str, Any]:
    """The page after these scenes."""
    await one.join(**query)
    page = await one.connect()
    for scene in scenes:
        page = await one.advance(scene)
    return page


def test_every_outcome_has_its_name_and_its_words() -> None:
    assert set(OUTCOMES) == set(Outcome) == set(_OUTCOMES)


async def test_withdrawing(serve: Serve, arrive: Arrive) -> None:
    left = CONSENT.leaving(button="Stop", question="<p>Sure?</p>").outcome("withdrew", header="Bye", code=True)
    server = serve(study(left))
    one = arrive(server)
    page = await arrived(one, "welcome")
    assert page["leaving"] == {"button": "Stop", "question": "<p>Sure?</p>"}
    last = await one.say("leave", {"scene_id": "consent"})
    assert (last["kind"], last["outcome"], last["header"]) == ("outcome", "withdrew", "Bye")
    who = stored(server, one)
    assert (who.state, who.outcome, who.code) == ("done", "withdrew", last["farewell"]["code"])
    assert await one.say("leave", {"scene_id": "consent"}) == last, "said again, it changes nothing"
    assert await one.advance("consent") == last
    (event,) = events(server, "finished")
    assert (event["reason"], event["severity"], event["data"]["outcome"]) == ("withdrew", "info", "withdrew")


async def test_leaving_is_for_pages_that_offer_it(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(CONSENT))
    one = arrive(server)
    page = await arrived(one, "welcome")
    assert (page["leaving"], page["refuse"]) == (None, None)
    for refuses in (False, True):
        message = {"scene_id": "consent", "refuses": refuses}
        assert (await one.say("leave", message))["reason"] == "not_now"
    assert (await one.say("leave", {"scene_id": "thanks"}))["reason"] == "wrong_scene"
    assert (await one.say("leave", {"scene_id": "consent", "refuses": 1}))["reason"] == "malformed"
    assert stored(server, one).outcome is None


async def test_refusing_consent(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(CONSENT.consent(refuse="No")).outcome("consent_refused", redirect="https://example.org/no"))
    one = arrive(server)
    assert (await arrived(one, "welcome"))["refuse"] == "No"
    assert (await one.say("leave", {"scene_id": "consent"}))["reason"] == "not_now"
    last = await one.say("leave", {"scene_id": "consent", "refuses": True})
    assert last["outcome"] == "consent_refused"
    assert last["farewell"] == {"code": None, "redirect": "https://example.org/no", "redirect_s": None}


async def test_the_scene_wins_over_the_experiment_and_that_over_the_platform(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DONE", "LEFT", "PART"):
        monkeypatch.setenv(name, f"code of {name}")
    scenes = study(CONSENT.leaving().outcome("withdrew", code=ig.secret("PART")), CONSENT_2.leaving())
    codes = {"completed": ig.secret("DONE"), "withdrew": ig.secret("DONE")}
    whole = scenes.recruitment("prolific", codes=codes)
    server = serve(whole.outcome("withdrew", code=ig.secret("LEFT"), redirect_after=5))
    ann, bob = arrive(server), arrive(server)
    await arrived(ann, "welcome")
    await arrived(bob, "welcome", "consent")
    back = "https://app.prolific.com/submissions/complete?cc=code%20of%20"
    first = (await ann.say("leave", {"scene_id": "consent"}))["farewell"]
    assert first == {"code": "code of PART", "redirect": f"{back}PART", "redirect_s": 5.0}
    second = (await bob.say("leave", {"scene_id": "second"}))["farewell"]
    assert second == {"code": "code of LEFT", "redirect": f"{back}LEFT", "redirect_s": 5.0}


CONSENT_2 = ig.StaticScene("second")


async def test_a_redirect_takes_the_link_along(serve: Serve, arrive: Arrive) -> None:
    address = "https://example.org/?c={code}&o={outcome}&p={participant_id}&s={subject_id}&x={x}&gone={gone}"
    server = serve(study().outcome("completed", code=True, redirect=address))
    one = arrive(server, subject="ann")
    page = await arrived(one, "welcome", x="a&b=c", code="forged")
    code, end = page["farewell"]["code"], f"&o=completed&p={one.id}&s=ann&x=a%26b%3Dc&gone="
    assert page["kind"] == "end"
    assert page["farewell"]["redirect"] == f"https://example.org/?c={code}{end}"


async def test_reload_and_restart_and_another_device_show_the_same(serve: Serve, arrive: Arrive) -> None:
    def made() -> ig.Experiment:
        given = {"code": True, "redirect": "https://example.org/{code}"}
        return study(last=ig.CompletionCodeScene("code")).outcome("completed", **given)

    server = serve(made())
    before = arrive(server, subject="ann")
    page = await arrived(before, "welcome")
    assert (page["kind"], page["farewell"]["code"]) == ("completion_code", None), "the page shows its own"
    assert page["farewell"]["redirect"].endswith(page["code"])
    await before.leave()
    server.stop()
    again = arrive(serve(made()), subject="ann", tab="another")
    assert await arrived(again) == page


async def test_the_last_page_opens_in_any_tab(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(CONSENT, last=ig.CompletionCodeScene("code")))
    first, second = arrive(server, subject="ann"), arrive(server, subject="ann", tab="tab-2")
    await arrived(first, "welcome")
    await second.join()
    assert (await second.refused())["reason"] == "other_tab", "in the middle of the study it asks first"
    page = await first.advance("consent")
    assert await second.connect() == page
    assert (await first.moved.get())["reason"] == "moved"


async def test_who_is_done_keeps_their_code_when_the_scene_is_gone(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(last=ig.CompletionCodeScene("code")))
    before = arrive(server)
    page = await arrived(before, "welcome")
    server.stop()
    after = arrive(serve(study(last=ig.EndScene("new"))))
    after.token = before.token
    last = await after.connect()
    assert (last["kind"], last["outcome"], last["farewell"]["code"]) == ("outcome", "completed", page["code"])


async def test_what_is_missing_stops_the_server_and_not_a_participant(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ig.ConfigError, match="NOT_SET"):
        serve(study(CONSENT.outcome("excluded", code=ig.secret("NOT_SET"))))
    with pytest.raises(ig.ConfigError, match="gives none"):
        serve(study().outcome("completed", redirect="https://example.org/{code}"))
    serve(study(last=ig.CompletionCodeScene("code")).outcome("completed", redirect="https://example.org/{code}"))


async def test_a_platform_says_whom_a_link_belongs_to(serve: Serve, arrive: Arrive) -> None:
    server = serve(study().recruitment("mturk"))
    phone, desktop, other = arrive(server), arrive(server, tab="tab-2"), arrive(server)
    ids = [(await one.join(workerId=worker)).id for one, worker in ((phone, "w1"), (desktop, "w1"), (other, "w2"))]
    assert ids[0] == ids[1] != ids[2]
    assert stored(server, phone).subject_id == "w1"
    boot = (await phone.http.get("/?workerId=w1")).text
    assert '"subject_id":"w1"' in boot
    assert '"subject_id":"ann"' in (await phone.http.get("/ann?workerId=w1")).text


async def test_a_preview_sees_the_first_page_and_no_more(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(CONSENT).recruitment("mturk"))
    one = arrive(server)
    page = await arrived(one, assignmentId="ASSIGNMENT_ID_NOT_AVAILABLE")
    assert page["kind"] == "start"
    assert (await one.advance("welcome"))["reason"] == "preview"
    assert stored(server, one).state == "arrived"
    accepted = arrive(server)
    assert (await arrived(accepted, "welcome", assignmentId="3A", workerId="w1"))["scene_id"] == "consent"


async def test_the_files_have_outcomes_and_codes(serve: Serve, arrive: Arrive) -> None:
    given = {"code": True, "redirect": "https://example.org/{subject_id}"}
    server = serve(study(CONSENT.leaving()).outcome("withdrew", **given).outcome("completed", code=True))
    ann, bob = arrive(server, subject="ann"), arrive(server, subject="bob")
    await arrived(ann, "welcome")
    await ann.say("leave", {"scene_id": "consent"})
    await arrived(bob, "welcome", "consent")

    def rows(name: str) -> list[dict[str, str]]:
        with (server.data / name).open(newline="") as file:
            return list(csv.DictReader(file))

    code = stored(server, ann).code
    server.stop()
    first, second = rows("completion_codes.csv")
    assert (first["participant_id"], first["outcome"], first["code"]) == (ann.id, "withdrew", code)
    assert (second["scene_id"], second["outcome"], len(second["code"])) == ("thanks", "completed", 8)
    assert [row["outcome"] for row in rows("participants.csv")] == ["withdrew", "completed"]
    assert rows("platform_ids.csv")[0]["redirect"] == "https://example.org/ann"
    assert "example.org" not in (server.data / "participants.csv").read_text(), "it may name them"
    scenes = json.loads((server.data / "scenes" / "consent.json").read_text())
    assert scenes["leaving"]["button"] == "Leave the study"


async def test_leaving_a_game_alone_keeps_what_was_played(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(GAME.leaving()))
    one = arrive(server)
    page = await arrived(one, "welcome")
    session = page["session_id"]
    await one.resume(session)
    last = await one.say("leave", {"scene_id": "game"})
    assert last["outcome"] == "withdrew"
    late = await one.upload(*whole_episode(session, 5))
    assert late["refused"] == [], "what was still on its way counts"
    assert (session_state(server, session), end_reason(server, session)) == ("ended", "withdrew")


async def test_leaving_a_game_of_two_is_the_end_of_it_for_the_partner_too(serve: Serve, come: Come) -> None:
    server = serve(pair())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    assert (await ann.say("leave", {"scene_id": "game"}))["outcome"] == "withdrew"
    assert state_of(server, ann) == ("done", "withdrew")
    assert session_state(server, session) == "playing", "the partner is still in it, and learns of it from the netcode"
    assert (await bob.failed("partner_left"))["outcome"] == "partner_left"
    assert (session_state(server, session), end_reason(server, session)) == ("ended", "withdrew")


async def test_leaving_the_waiting_room_and_a_match_that_forms(serve: Serve, come: Come) -> None:
    server = serve(pair())
    ann, bob, cid = await come(server), await come(server), await come(server)
    await ann.enlist()
    assert (await ann.say("leave", {"scene_id": "game"}))["outcome"] == "withdrew"
    await bob.enlist()
    await cid.enlist()
    await matched(bob, cid)
    assert (await bob.say("leave", {"scene_id": "game"}))["outcome"] == "withdrew"
    assert (await cid.hears("unmatched"))["reason"] == "withdrew"
    assert state_of(server, cid) == ("waiting", None)
    dan = await come(server)
    await dan.enlist()
    await matched(cid, dan)


async def test_each_participant_finishes_once(serve: Serve, come: Come) -> None:
    server = serve(pair())
    ann: Player = await come(server)
    await ann.say("leave", {"scene_id": "game"})
    assert (await ann.failed("step_failed"))["outcome"] == "withdrew"
    assert len(events(server, "finished")) == 1


def test_a_code_that_is_drawn_is_nobody_elses(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    drawn = iter("AAAAAAAA" * 2 + "B" * 8)
    server = serve(study())
    monkeypatch.setattr(people.secrets, "choice", lambda _: next(drawn))

    def taken(connection: Any) -> list[str]:
        codes = []
        for name in ("p-1", "p-2"):
            who = people.Participant(name, None, "arrived", "thanks", None)
            people.add_participant(connection, who, query={}, now=0)
            who = endings.finish(
                connection,
                server.study.outcome("withdrew", code=True),
                who,
                endings.Step.WITHDRAW,
                Outcome.WITHDREW,
                reason="withdrew",
                now=1.0,
            )
            codes.append(who.code or "")
        return codes

    assert server.desk.store.submit(taken).result() == ["A" * 8, "B" * 8]


async def test_who_has_no_partner_cannot_lose_one(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(CONSENT).outcome("partner_left", code=True))
    one = arrive(server)
    await arrived(one, "welcome")
    page = await one.say("fail", {"scene_id": "consent", "reason": "partner_left"})
    assert (page["outcome"], page["farewell"]) == ("technical_failure", None)


@pytest.mark.parametrize("kind", [ig.CompletionCodeScene, ig.StaticScene])
async def test_who_is_done_sees_their_end_though_its_scene_is_another_now(
    serve: Serve, arrive: Arrive, kind: Any
) -> None:
    server = serve(study())
    before = arrive(server)
    assert (await arrived(before, "welcome"))["kind"] == "end"
    server.stop()
    is_last = kind is ig.CompletionCodeScene
    scenes = study(last=kind("thanks")) if is_last else study(kind("thanks"), last=ig.EndScene("new"))
    after = arrive(serve(scenes))
    after.token = before.token
    assert (await after.connect())["kind"] == ("end" if is_last else "outcome")
