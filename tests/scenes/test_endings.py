"""What outcomes give: which values are refused, which place wins, and what becomes of addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import interactive_gym as ig
from interactive_gym.scenes.endings import OUTCOMES, Ending, Recruitment, address_of
from interactive_gym.scenes.parameters import NOT_GIVEN

SECRET = ig.secret("STUDY_CODE")
BAD: list[tuple[str, Any]] = [
    ("header", None),
    ("header", " "),
    ("body", 3),
    ("code", "C0FFEE"),
    ("code", False),
    ("code", 1),
    ("redirect", "app.prolific.com"),
    ("redirect", "javascript:alert(1)"),
    ("redirect", "//example.org/"),
    ("redirect", "https://example.org:99999/"),
    ("redirect", "https://[example.org/"),
    ("redirect", "https://{host}/"),
    ("redirect", "https://example.org{path}"),
    ("redirect", "https://example.{top}/"),
    ("redirect", "https://user:word@example.org/"),
    ("redirect", "https://example.org/a b"),
    ("redirect", "https://example.org/{"),
    ("redirect", "https://example.org/{code!r}"),
    ("redirect", "https://example.org/{code:>9}"),
    ("redirect", "https://example.org/{code.real}"),
    ("redirect", "https://example.org/{0}"),
    ("redirect", "https://example.org/{}"),
    ("redirect", "https://example.org/" + "a" * 2_000),
    ("redirect_after", -1),
    ("redirect_after", 3601),
    ("redirect_after", True),
]


@pytest.mark.parametrize(("parameter", "value"), BAD)
def test_bad_values_of_outcomes_are_refused_by_name(parameter: str, value: Any) -> None:
    for owner in (ig.Experiment("study"), ig.StaticScene("form")):
        with pytest.raises(ig.ConfigError) as caught:
            owner.outcome("withdrew", **{parameter: value})
        assert (caught.value.method, caught.value.parameter) == ("outcome", parameter)
        assert parameter != "code" or str(value) not in str(caught.value), "it may be the code itself"


def test_outcomes_are_known_by_name() -> None:
    for name in ("left", None, ["withdrew"]):
        with pytest.raises(ig.ConfigError, match="must be one of"):
            ig.Experiment("study").outcome(name)  # type: ignore[arg-type]
    with pytest.raises(ig.ConfigError, match="must be one of"):
        ig.StaticScene("form").outcome("completed")
    with pytest.raises(ig.ConfigError, match="last scene"):
        ig.Experiment("study").outcome("completed", body="<p>Thanks</p>")


def test_a_later_call_changes_only_what_it_is_given() -> None:
    first = ig.StaticScene("form").outcome("withdrew", body="<p>Bye</p>", code=SECRET)
    second = first.outcome("withdrew", code=None).outcome("excluded", header="Out")
    assert first.endings == {"withdrew": Ending(body="<p>Bye</p>", code=SECRET)}
    assert second.endings == {"withdrew": Ending(body="<p>Bye</p>", code=None), "excluded": Ending(header="Out")}


def test_what_wins() -> None:
    below = Ending(header="a", code=True, redirect="https://example.org/")
    assert below.under(Ending(header="b", code=None)) == Ending("b", NOT_GIVEN, None, "https://example.org/")
    assert below.under(None) == below


@given(st.dictionaries(st.sampled_from(["code", "PROLIFIC_PID", "x-y"]), st.text(max_size=30)))
def test_nothing_in_a_value_leaves_its_place(values: dict[str, str]) -> None:
    address = address_of("https://example.org/done?cc={code}&who={PROLIFIC_PID}&also={x-y}#end", values)
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "example.org", "/done", "end")
    found = parse_qs(parts.query, keep_blank_values=True, strict_parsing=True, errors="surrogatepass")
    named = (("cc", "code"), ("who", "PROLIFIC_PID"), ("also", "x-y"))
    assert found == {short: [values.get(name, "")] for short, name in named}


def recruited(platform: Any, **given: Any) -> Recruitment:
    return ig.Experiment("study").recruitment(platform, **given).recruits


@pytest.mark.parametrize(
    ("platform", "given", "parameter"),
    [
        ("facebook", {}, "platform"),
        (None, {}, "platform"),
        ("prolific", {}, "codes"),
        ("prolific", {"codes": {"withdrew": SECRET}}, "codes"),
        ("prolific", {"codes": {"completed": "C0FFEE"}}, "codes"),
        ("prolific", {"codes": {"completed": None}}, "codes"),
        ("prolific", {"codes": {"done": SECRET}}, "codes"),
        ("prolific", {"codes": SECRET}, "codes"),
        ("sona", {}, "return_url"),
        ("sona", {"return_url": "https://example.sona-systems.com/webstudy_credit.aspx"}, "return_url"),
        ("link", {"return_url": "example.org"}, "return_url"),
    ],
)
def test_bad_values_of_recruitment_are_refused_by_name(platform: Any, given: Any, parameter: str) -> None:
    with pytest.raises(ig.ConfigError) as caught:
        recruited(platform, **given)
    assert (caught.value.method, caught.value.parameter) == ("recruitment", parameter)
    assert "C0FFEE" not in str(caught.value)


def test_what_each_platform_gives() -> None:
    prolific = recruited("prolific", codes={"completed": SECRET, "waitroom_timeout": ig.secret("WAITED")})
    back = "https://app.prolific.com/submissions/complete?cc={code}"
    assert prolific.ending("completed") == Ending(code=SECRET, redirect=back)
    assert prolific.ending("waitroom_timeout") == Ending(code=ig.secret("WAITED"), redirect=back)
    assert prolific.ending("screened_out") == Ending()
    assert recruited("mturk").ending("completed") == Ending(code=True)
    credit = "https://example.sona-systems.com/webstudy_credit.aspx?credit_token=ab&survey_code={survey_code}"
    sona = recruited("sona", return_url=credit)
    assert sona.ending("completed") == Ending(redirect=credit)
    assert sona.ending("withdrew") == Ending()
    assert {recruited("link").ending(outcome) for outcome in OUTCOMES} == {Ending()}


def test_whom_a_link_belongs_to() -> None:
    query = {"PROLIFIC_PID": "ann", "workerId": "bob", "survey_code": "77"}
    codes = {"completed": SECRET}
    assert recruited("prolific", codes=codes).subject_of(query) == "ann"
    assert recruited("mturk").subject_of(query) == "bob"
    assert recruited("link").subject_of(query) is None
    assert recruited("mturk").subject_of({"workerId": ""}) is None
    assert len(recruited("mturk").subject_of({"workerId": "a" * 500}) or "") == 200


def test_a_preview_is_one_on_mturk_only() -> None:
    query = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE"}
    assert recruited("mturk").is_preview(query)
    assert not recruited("mturk").is_preview({"assignmentId": "3A"})
    assert not recruited("link").is_preview(query)
