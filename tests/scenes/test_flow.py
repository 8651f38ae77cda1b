"""The stager: which sequences of scenes are an experiment."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import interactive_gym as ig
from tests.scenes import kitchen

START, FORM, GAME = ig.StartScene("welcome"), ig.StaticScene("form"), kitchen.complete_game()
CODE, END = ig.CompletionCodeScene("code"), ig.EndScene("thanks")


@pytest.mark.parametrize("scenes", [(START, END), (START, CODE), (START, FORM, GAME, END)])
def test_a_start_first_and_an_end_last(scenes: tuple[Any, ...]) -> None:
    assert ig.Experiment("study").scenes(*scenes).sequence == scenes


@pytest.mark.parametrize(
    ("scenes", "scene", "problem"),
    [
        ((), None, "StartScene"),
        ((END,), "thanks", "first scene must be a StartScene"),
        ((FORM, END), "form", "first scene must be a StartScene"),
        ((START,), "welcome", "last scene must be an EndScene"),
        ((START, FORM), "form", "last scene must be an EndScene"),
        ((START, CODE, END), "code", "nothing can follow"),
        ((START, ig.StartScene("again"), END), "again", "only be the first"),
        ((START, ig.StaticScene("welcome"), END), "welcome", "has this id"),
        ((START, ig.StaticScene("Thanks"), END), "thanks", "'Thanks' has this id"),
        ((START, FORM, FORM, END), "form", "has this id"),
        ((START, ig.StaticScene, END), None, "argument 2"),
        ((START, "form", END), None, "'form'"),
    ],
)
def test_other_sequences_are_refused(scenes: tuple[Any, ...], scene: str | None, problem: str) -> None:
    with pytest.raises(ig.ConfigError, match=problem) as caught:
        ig.Experiment("study").scenes(*scenes)
    assert (caught.value.scene, caught.value.method) == (scene, "scenes")


@pytest.mark.parametrize("id", ["", " ", "a b", "a/b", "..", "ä", "-a", "a.b", "x" * 65, None, 3])
@pytest.mark.parametrize("owner", [ig.Experiment, ig.StartScene, ig.GymScene])
def test_ids_are_safe_names(owner: Any, id: Any) -> None:
    with pytest.raises(ig.ConfigError, match="is not an id") as caught:
        owner(id)
    assert (caught.value.method, caught.value.parameter) == (owner.__name__, "id")


def test_scenes_are_replaced_and_the_old_experiment_stays() -> None:
    first = ig.Experiment("study").scenes(START, END)
    second = first.scenes(START, FORM, END)
    assert (len(first.sequence), len(second.sequence)) == (2, 3)


def test_an_experiment_without_scenes_does_not_run() -> None:
    with pytest.raises(ig.ConfigError, match="no scenes"):
        ig.Experiment("study").run()


@pytest.mark.parametrize(
    ("parameter", "bad"),
    [("host", ["", None, 3]), ("port", [-1, 65_536, "80", True, None, 80.0]), ("data_dir", ["", None, 3])],
)
def test_where_it_runs_is_checked(parameter: str, bad: list[Any]) -> None:
    for value in bad:
        with pytest.raises(ig.ConfigError) as caught:
            ig.Experiment("study").scenes(START, END).run(**{parameter: value})
        assert (caught.value.method, caught.value.parameter) == ("run", parameter)


def test_where_it_runs_reaches_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []
    monkeypatch.setitem(
        sys.modules, "interactive_gym.server.run", SimpleNamespace(serve=lambda *given: served.append(given))
    )
    experiment = ig.Experiment("study").scenes(START, END)
    experiment.run(host="0.0.0.0", port=0, data_dir="elsewhere")
    experiment.run()
    (first, elsewhere), (_, default) = served
    assert first is experiment
    assert (elsewhere.host, elsewhere.port, elsewhere.data_dir) == ("0.0.0.0", 0, Path("elsewhere"))
    assert (default.host, default.port, default.data_dir) == ("127.0.0.1", 8000, Path("data"))
