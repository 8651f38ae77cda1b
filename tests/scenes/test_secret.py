"""Secrets: named in the experiment's file, read on the server, never shown."""

import pytest

import interactive_gym as ig
from interactive_gym.scenes import Secret


def test_a_secret_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    code = ig.secret("STUDY_CODE")
    monkeypatch.setenv("STUDY_CODE", "C0FFEE")
    assert code.value() == "C0FFEE"
    assert "C0FFEE" not in repr(code) and "C0FFEE" not in repr(ig.CompletionCodeScene("c").code(code))


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_secret_is_the_researchers_to_set(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STUDY_CODE", raising=False)
    if value is not None:
        monkeypatch.setenv("STUDY_CODE", value)
    with pytest.raises(ig.ConfigError, match="STUDY_CODE is not set"):
        ig.secret("STUDY_CODE").value()


@pytest.mark.parametrize("name", ["hunter-2!", "", "1A", None])
def test_a_literal_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(ig.ConfigError) as caught:
        ig.secret(name)
    assert (caught.value.method, caught.value.parameter) == ("secret", "name")
    assert "hunter" not in str(caught.value)


def test_a_literal_code_is_refused_and_not_repeated() -> None:
    with pytest.raises(ig.ConfigError, match="must be ig") as caught:
        ig.CompletionCodeScene("c").code("C0FFEE")  # type: ignore[arg-type]
    assert "C0FFEE" not in str(caught.value)


def test_a_code_for_all_or_one_for_each() -> None:
    assert ig.CompletionCodeScene("c").fixed_code is None
    assert ig.CompletionCodeScene("c").code(ig.secret("STUDY_CODE")).fixed_code == Secret("STUDY_CODE")
