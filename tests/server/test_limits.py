from __future__ import annotations

import pytest

from interactive_gym.errors import ClientError
from interactive_gym.server.limits import Limiter, Rate


def test_a_burst_then_a_rate() -> None:
    limiter = Limiter(Rate(per_second=2, burst=3))
    for _ in range(3):
        limiter.spend("ann", 100.0)
    with pytest.raises(ClientError, match="too_fast"):
        limiter.spend("ann", 100.4)
    limiter.spend("ann", 100.5)
    limiter.spend("bob", 100.5)
    with pytest.raises(ClientError, match="too_fast"):
        limiter.spend("ann", 100.5)
    for _ in range(3):
        limiter.spend("ann", 1_000.0)


def test_work_is_paid_for_afterwards() -> None:
    limiter = Limiter(Rate(per_second=2, burst=3))
    limiter.charge("ann", 13, 100.0)
    with pytest.raises(ClientError, match="too_fast"):
        limiter.spend("ann", 105.0)
    limiter.spend("ann", 105.5)


def test_many_callers_do_not_fill_the_memory() -> None:
    limiter = Limiter(Rate(per_second=1, burst=2))
    for number in range(30_000):
        limiter.spend(str(number), float(number))
    assert len(limiter._buckets) <= 10_001
