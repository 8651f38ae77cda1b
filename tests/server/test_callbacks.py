"""The researcher's functions: their answers and errors arrive, and none holds anybody up."""

from __future__ import annotations

import asyncio
import threading

import pytest

from interactive_gym.server import callbacks
from interactive_gym.server.callbacks import Stopped, TooSlow, call, called, name_of
from tests.server.running import DEADLINE_S, until


def double(value: int) -> int:
    return 2 * value


async def double_later(value: int) -> int:
    await asyncio.sleep(0)
    return 2 * value


def failing(_: int) -> int:
    raise TimeoutError("of its own")


@pytest.mark.parametrize("function", [double, double_later], ids=["sync", "async"])
async def test_an_answer_arrives(function: object) -> None:
    assert call(function, 3, timeout=10) == 6  # type: ignore[arg-type]
    assert await called(function, 3, timeout=10) == 6  # type: ignore[arg-type]


async def test_an_error_arrives_as_it_was_raised() -> None:
    with pytest.raises(TimeoutError, match="of its own"):
        call(failing, 3, timeout=10)
    with pytest.raises(TimeoutError, match="of its own"):
        await called(failing, 3, timeout=10)


async def test_one_that_does_not_return_is_left_alone() -> None:
    gate = threading.Event()
    with pytest.raises(TooSlow, match="wait"):
        call(gate.wait, timeout=0.01)
    with pytest.raises(TooSlow):
        await called(gate.wait, timeout=0.01)
    assert call(double, 1, timeout=10) == 2
    gate.set()


def test_things_that_can_be_called_have_a_name() -> None:
    class Caller:
        def __call__(self) -> None: ...

    assert name_of(double) == "double"
    assert name_of(Caller()).endswith("Caller")


def leaving(_: int) -> int:
    raise SystemExit(3)


async def cancelling(_: int) -> int:
    raise asyncio.CancelledError


@pytest.mark.parametrize("function", [leaving, cancelling])
async def test_one_that_wants_to_end_the_program_only_fails(function: object) -> None:
    with pytest.raises(Stopped, match=name_of(function)):  # type: ignore[arg-type]
        call(function, 3, timeout=10)  # type: ignore[arg-type]
    with pytest.raises(Stopped, match=name_of(function)):  # type: ignore[arg-type]
        await called(function, 3, timeout=10)  # type: ignore[arg-type]


async def test_one_that_hangs_does_not_take_one_thread_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "MOST_LEFT", 2)
    gate, calls = threading.Event(), []

    def hanging() -> None:
        calls.append(1)
        gate.wait(DEADLINE_S)

    for _ in range(4):
        with pytest.raises(TooSlow):
            await called(hanging, timeout=0.01)
    gate.set()
    await until(lambda: not callbacks._left[name_of(hanging)], "the threads to end")
    assert len(calls) == 2
    assert call(hanging, timeout=10) is None
