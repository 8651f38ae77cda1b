"""Writes ``client/src/protocol.gen.ts`` from ``interactive_gym.protocol``: ``python client/generate_protocol.py``.

A generator of our own, and not json-schema-to-typescript, since it runs without node in the tests and keeps tuples,
tags and docstrings.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as wire

from interactive_gym import protocol, protocol_game
from interactive_gym.protocol_fields import Base

TARGET = Path(__file__).parent / "src" / "protocol.gen.ts"
CONSTANTS = (
    *("PROTOCOL_VERSION", "MAX_UPLOAD_BYTES", "MAX_CONTROL_BYTES", "RELAY_SERVER"),
    *("FRAME_DATAGRAM", "FRAME_CONTROL", "FRAME_PING", "FRAME_PONG", "FRAME_DEAF"),
)
UNIONS = ("Page", "Item")
HEADER = "// Generated from src/interactive_gym/protocol.py by client/generate_protocol.py. Do not edit.\n"


def main() -> None:
    TARGET.write_text(generate(), encoding="utf-8")


def generate() -> str:
    """The whole TypeScript module as text."""
    constants = [f"export const {name} = {getattr(protocol, name)};" for name in CONSTANTS]
    unions = [f"export type {name} = {_type(wire.type_info(getattr(protocol, name)))};" for name in UNIONS]
    return "\n\n".join([HEADER + "\n".join(["", *constants]), *map(_declaration, _structs()), *unions]) + "\n"


def _structs() -> Iterator[type[msgspec.Struct]]:
    """The messages: every struct of the modules that no other one is derived from, in the order of the files."""
    named = [value for module in (protocol_game, protocol) for value in vars(module).values()]
    structs = dict.fromkeys(value for value in named if isinstance(value, type) and issubclass(value, Base))
    return (struct for struct in structs if not struct.__subclasses__())


def _declaration(struct: type[msgspec.Struct]) -> str:
    info = wire.type_info(struct)
    assert isinstance(info, wire.StructType)
    body = _tuple(info) if info.array_like else _interface(info)
    return f"{_comment(struct)}{body}"


def _comment(struct: type[msgspec.Struct]) -> str:
    if not struct.__doc__:
        return ""
    lines = inspect.cleandoc(struct.__doc__).splitlines()
    if len(lines) == 1:
        return f"/** {lines[0]} */\n"
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */"]) + "\n"


def _tuple(info: wire.StructType) -> str:
    fields = ", ".join(f"{field.name}: {_type(field.type)}" for field in info.fields)
    return f"export type {info.cls.__name__} = [{fields}];"


def _interface(info: wire.StructType) -> str:
    tag = [f'  {info.tag_field}: "{info.tag}";'] if info.tag_field else []
    return "\n".join([f"export interface {info.cls.__name__} {{", *tag, *map(_field, info.fields), "}"])


def _field(field: wire.Field) -> str:
    return f"  {field.encode_name}{'' if field.required else '?'}: {_type(field.type)};"


def _type(info: wire.Type) -> str:
    return TYPESCRIPT[type(info)](info)


def _literal(info: Any) -> str:
    return " | ".join(f'"{value}"' for value in info.values)


def _union(info: Any) -> str:
    options = sorted(info.types, key=lambda option: isinstance(option, wire.NoneType))
    return " | ".join(dict.fromkeys(_type(option) for option in options))


def _list(info: Any) -> str:
    item = _type(info.item_type)
    return f"({item})[]" if " | " in item else f"{item}[]"


TYPESCRIPT: dict[type[wire.Type], Callable[[Any], str]] = {
    wire.StrType: lambda _: "string",
    wire.IntType: lambda _: "number",
    wire.FloatType: lambda _: "number",
    wire.BoolType: lambda _: "boolean",
    wire.NoneType: lambda _: "null",
    wire.CustomType: lambda _: "unknown",
    wire.LiteralType: _literal,
    wire.UnionType: _union,
    wire.ListType: _list,
    wire.TupleType: lambda info: f"[{', '.join(map(_type, info.item_types))}]",
    wire.DictType: lambda info: f"Record<string, {_type(info.value_type)}>",
    wire.StructType: lambda info: info.cls.__name__,
}

if __name__ == "__main__":
    main()
