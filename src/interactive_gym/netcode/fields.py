"""How the fields of a message become JSON and are checked, by their types alone.

A :class:`Codec` in the annotation says it (``Annotated[int, integer(0, 255)]``); of the rest, bool, Literal of strings,
``dict[str, str]``, ``tuple[X, ...]`` and dataclasses are known. All checks raise ValueError, in both directions.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.runs import decode_inputs, encode_inputs
from interactive_gym.netcode.wire import MAX_FRAME

MAX_ITEMS = 1000
"""Of a tuple. More players, spans and changes than any session has."""

MAX_PAIRS = 64
MAX_TEXT = 1000


class Codec(NamedTuple):
    """``dump`` turns a value into plain JSON, ``load`` turns anything that came as JSON into a value."""

    dump: Callable[[Any], Any]
    load: Callable[[Any], Any]


def integer(lowest: int, highest: int) -> Codec:
    """An int within these bounds; no bool."""

    def check(value: object) -> int:
        if type(value) is not int or not lowest <= value <= highest:
            raise ValueError(f"must be an integer from {lowest} to {highest}")
        return value

    return Codec(check, check)


def text(longest: int) -> Codec:
    """A str of at most so many characters that can be encoded, so without lone surrogates."""

    def check(value: object) -> str:
        if type(value) is not str or len(value) > longest:
            raise ValueError(f"must be a text of at most {longest} characters")
        value.encode()
        return value

    return Codec(check, check)


def hexadecimal(longest: int) -> Codec:
    """At most so many bytes."""

    def dump(value: bytes) -> str:
        if len(value) > longest:
            raise ValueError(f"must be at most {longest} bytes")
        return value.hex()

    def load(value: object) -> bytes:
        if type(value) is not str or len(value) > 2 * longest or (data := bytes.fromhex(value)).hex() != value:
            raise ValueError(f"must be at most {longest} bytes in lower-case hexadecimal")
        return data

    return Codec(dump, load)


def _dump_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("must be a finite number")
    return float(value)


def _load_number(value: object) -> float:
    if type(value) is not float or not math.isfinite(value):
        raise ValueError("must be a finite number with a fraction or an exponent")
    return value


number = Codec(_dump_number, _load_number)
"""A finite float. An int is sent as one, but does not arrive as one: it could be beyond all floats."""


def _load_runs(value: object) -> object:
    if type(value) is not str or b64encode(data := b64decode(value, validate=True)).decode() != value:
        raise ValueError("must be inputs in base64")
    return decode_inputs(data)


runs = Codec(lambda inputs: b64encode(encode_inputs(inputs)).decode(), _load_runs)
"""A tuple of inputs."""

Byte = Annotated[int, integer(0, 255)]
Owner = Annotated[int, integer(-1, 255)]
Frame = Annotated[int, integer(-1, MAX_FRAME)]
Count = Annotated[int, integer(0, MAX_FRAME)]
Serial = Annotated[int, integer(0, 2**53 - 1)]
Time = Annotated[float, number]
Text = Annotated[str, text(MAX_TEXT)]
Digest = Annotated[bytes, hexadecimal(32)]
Inputs = Annotated[tuple[Input, ...], runs]


def _check_bool(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError("must be true or false")
    return value


def _one_of(choices: tuple[str, ...]) -> Codec:
    def check(value: object) -> str:
        if type(value) is not str or value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return Codec(check, check)


def _texts() -> Codec:
    check = text(MAX_TEXT).dump

    def check_all(value: object) -> dict[str, str]:
        if type(value) is not dict or len(value) > MAX_PAIRS:
            raise ValueError(f"must be an object of at most {MAX_PAIRS} texts")
        return {check(key): check(entry) for key, entry in value.items()}

    return Codec(check_all, check_all)


def _many(item: Codec) -> Codec:
    def dump(values: tuple[Any, ...]) -> list[Any]:
        if len(values) > MAX_ITEMS:
            raise ValueError(f"must be at most {MAX_ITEMS}")
        return [item.dump(value) for value in values]

    def load(values: object) -> tuple[Any, ...]:
        if type(values) is not list or len(values) > MAX_ITEMS:
            raise ValueError(f"must be a list of at most {MAX_ITEMS}")
        return tuple([item.load(value) for value in values])

    return Codec(dump, load)


def _named(place: str, turn: Callable[[Any], Any], value: object) -> Any:
    try:
        return turn(value)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def record(kind: type) -> Codec:
    """A dataclass as the list of its fields."""
    hints = get_type_hints(kind, include_extras=True)
    table = [(field.name, codec_of(hints[field.name])) for field in fields(kind)]

    def dump(value: Any) -> list[Any]:
        if type(value) is not kind:
            raise ValueError(f"must be a {kind.__name__}")
        return [_named(f"{kind.__name__}.{name}", codec.dump, getattr(value, name)) for name, codec in table]

    def load(values: object) -> Any:
        if type(values) is not list or len(values) != len(table):
            raise ValueError(f"must be the {len(table)} fields of a {kind.__name__}")
        pairs = zip(table, values, strict=True)
        return kind(*[_named(f"{kind.__name__}.{name}", codec.load, value) for (name, codec), value in pairs])

    return Codec(dump, load)


def any_of(kinds: tuple[type, ...]) -> Codec:
    """One of these dataclasses, as the list of its name and its fields."""
    codecs = {kind.__name__: record(kind) for kind in kinds}

    def dump(value: object) -> list[Any]:
        name = type(value).__name__
        if name not in codecs:
            raise ValueError(f"{name} is no message")
        return [name, *codecs[name].dump(value)]

    def load(values: object) -> Any:
        if type(values) is not list or not values or type(values[0]) is not str or values[0] not in codecs:
            raise ValueError("must begin with the name of a message")
        return codecs[values[0]].load(values[1:])

    return Codec(dump, load)


def codec_of(hint: Any) -> Codec:
    """For a type that the module's text names. Raises TypeError for another one."""
    arguments = get_args(hint)
    match get_origin(hint):
        case origin if origin is Annotated:
            return next(entry for entry in arguments if isinstance(entry, Codec))
        case origin if origin is Literal:
            return _one_of(arguments)
        case origin if origin is tuple and arguments[1:] == (...,):
            return _many(codec_of(arguments[0]))
    if hint is bool:
        return Codec(_check_bool, _check_bool)
    if hint == dict[str, str]:
        return _texts()
    if is_dataclass(hint) and isinstance(hint, type):
        return record(hint)
    raise TypeError(f"no codec for {hint}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return members


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


parse: Callable[[str], Any] = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse).decode
"""Strict JSON; raises ValueError, and RecursionError if it is nested too deeply."""
