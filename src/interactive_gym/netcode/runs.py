"""Consecutive inputs of one player as bytes: equal ones are counted, not repeated.

    run = u8 count (at least 1)  [u8 size, if bit 7 of count is set]  action  u8 flags  [u8 age, if bit 7 of flags is]

There is one encoding of given inputs, and nothing else is accepted: runs are as long as they can be (127 before another
of the same input), a size is written only if it is not 1, and an age only if it is not 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from interactive_gym.netcode.errors import WireError
from interactive_gym.netcode.requests import Input

MAX_INPUTS = 2**17
"""In one list: 36 minutes at 60 fps. Without a limit, 100 kB could ask for 8 million inputs."""

LONGEST = 127
"""The most inputs in one run."""

_HAS_SIZE = 0x80  # in count
_HAS_AGE = 0x80  # in flags


def encode_inputs(inputs: Sequence[Input]) -> bytes:
    """The runs alone; their number and that of the inputs are not told.

    Raises:
        ValueError: An action of more than 255 bytes, flags above 127, an age above 255, or too many inputs.
    """
    if len(inputs) > MAX_INPUTS:
        raise ValueError(f"at most {MAX_INPUTS} inputs in one list, not {len(inputs)}")
    return b"".join(encode_runs(inputs))


def decode_inputs(data: bytes) -> tuple[Input, ...]:
    """What :func:`encode_inputs` made ``data`` of. Equal neighbours are one object.

    Raises:
        WireError: Nothing else made it.
    """
    inputs: list[Input] = []
    previous = None
    offset = 0
    try:
        while offset < len(data):
            count, item, offset = read_run(data, offset, previous)
            previous = item if count < LONGEST else None
            inputs += [item] * count
            if len(inputs) > MAX_INPUTS:
                raise WireError(f"more than {MAX_INPUTS} inputs in one list")
    except IndexError:
        raise WireError("inputs: cut off in a run") from None
    return tuple(inputs)


def encode_runs(inputs: Sequence[Input]) -> list[bytes]:
    """One element per run. Raises ValueError like :func:`encode_inputs`, but for their number."""
    return [run for item, equal in groupby(inputs) for run in _runs_of(item, len(list(equal)))]


def _runs_of(item: Input, count: int) -> Iterator[bytes]:
    action, flags, age = item
    if flags >= _HAS_AGE:
        raise ValueError(f"flags: 0 to 127, not {flags}")
    size = len(action)
    sized, start = (0, action) if size == 1 else (_HAS_SIZE, bytes((size,)) + action)
    tail = start + (bytes((flags | _HAS_AGE, age)) if age else bytes((flags,)))
    while count > LONGEST:
        yield bytes((sized | LONGEST,)) + tail
        count -= LONGEST
    yield bytes((sized | count,)) + tail


def read_run(data: bytes, offset: int, previous: Input | None) -> tuple[int, Input, int]:
    """How often which input, and where the next run begins.

    Args:
        data: Any bytes.
        offset: Where the run begins, not negative.
        previous: The input of a run before this one that had room for more.

    Raises:
        IndexError: ``data`` ends within the run.
        WireError: It is not the only encoding of its inputs.
    """
    count = data[offset]
    start = offset + 1
    size = 1
    if count & _HAS_SIZE:
        count &= ~_HAS_SIZE
        size = data[start]
        start += 1
        if size == 1:
            raise WireError("inputs: a size of 1 is not written")
    end = start + size
    flags = data[end]
    age = 0
    after = end + 1
    if flags & _HAS_AGE:
        age = data[after]
        flags &= ~_HAS_AGE
        after += 1
        if not age:
            raise WireError("inputs: an age of 0 is not written")
    item = Input(data[start:end], flags, age)
    if not count or item == previous:
        raise WireError("inputs: a run that is empty, or continues the one before")
    return count, item, after
