"""Writes the protocol's types and constants as TypeScript; knows no file and no command line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, get_args

import msgspec
from msgspec import inspect

from collab.core import codes, commands, events, frames, state
from permissions.roles import ROLES, codenames

NOTICE = "Made by `python3 manage.py protocol`; a change here is lost."

SIMPLE: dict[type[inspect.Type], str] = {
    inspect.StrType: "string",
    inspect.UUIDType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.BytesType: "Uint8Array",
    inspect.NoneType: "null",
    inspect.AnyType: "unknown",
}
WRITTEN_OUT = {
    ("Welcome", "state"): "State | null",
    ("Events", "events"): "readonly Entry[]",
    ("Page", "events"): "readonly Entry[]",
    ("Submit", "command"): "PersonCommand",
}
"""Fields that Python keeps as raw bytes or plain maps, and what they hold."""


def _person_commands() -> list[type[commands.Wish]]:
    return [wish for wish in commands.COMMANDS.values() if _of_a_person(wish)]


def _of_a_person(wish: type[commands.Wish]) -> bool:
    return wish.sender == "person" and not wish.server_only


def roots() -> list[type[msgspec.Struct]]:
    return [
        *events.BODIES.values(),
        *_person_commands(),
        state.State,
        frames.Stub,
        *get_args(frames.ClientFrame),
        *get_args(frames.ServerFrame),
    ]


def typescript() -> str:
    """Give the text of generated.ts."""
    parts = [f"/** {NOTICE} */", *_constants(), *_interfaces(), *_unions(), *_code_tables()]
    return "\n\n".join(parts) + "\n"


def _constants() -> list[str]:
    person = frames.LIMITS["person"]
    values: dict[str, Any] = {
        "SUBPROTOCOL": frames.SUBPROTOCOL,
        "BEAT_SECONDS": frames.BEAT_SECONDS,
        "PAGE_LIMIT": frames.PAGE_LIMIT,
        "FRAME_LIMIT": person.size,
        "SETTLED_KEPT": state.CLOSED_KEPT,
        "OPENS": state.OPENS,
        "GROWS": state.GROWS,
        "ENDS": state.ENDS,
        "ROLES": {role: sorted(codenames(mask)) for role, mask in ROLES.items()},
        "LENGTHS": _lengths(),
    }
    return [f"export const {name} = {_literal(value)} as const;" for name, value in values.items()]


def _lengths() -> dict[str, int]:
    """Give the longest text that each field of a person's command takes."""
    found: dict[str, int] = {}
    for wish in _person_commands():
        for field in _struct(wish).fields:
            longest = getattr(field.type, "max_length", None)
            if isinstance(field.type, inspect.StrType) and longest is not None:
                found[f"{commands.type_of(wish)}.{field.encode_name}"] = longest
    return found


def _interfaces() -> list[str]:
    seen: dict[str, type[msgspec.Struct]] = {}
    for root in roots():
        _gather(_struct(root), seen)
    return [_interface(struct) for struct in seen.values()]


def _struct(struct: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(struct)
    assert isinstance(found, inspect.StructType)
    return found


def _gather(found: inspect.Type, seen: dict[str, type[msgspec.Struct]]) -> None:
    if isinstance(found, inspect.StructType):
        if found.cls.__name__ not in seen:
            for field in found.fields:
                _gather(field.type, seen)
        seen.setdefault(found.cls.__name__, found.cls)
    for inner in _inner(found):
        _gather(inner, seen)


def _inner(found: inspect.Type) -> tuple[inspect.Type, ...]:
    match found:
        case inspect.UnionType(types=types):
            return tuple(types)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return (item,)
        case inspect.TupleType(item_types=items):
            return tuple(items)
        case inspect.DictType(value_type=value):
            return (value,)
        case _:
            return ()


def _interface(struct: type[msgspec.Struct]) -> str:
    found = _struct(struct)
    lines = [f"  readonly {found.tag_field}: {json.dumps(found.tag)};"] if found.tag_field else []
    lines += [_field(struct, field) for field in found.fields]
    body = "\n".join(lines)
    said = f"/** {_first_line(struct)} */\n" if struct.__dict__.get("__doc__") else ""
    return f"{said}export interface {struct.__name__} {{\n{body}\n}}"


def _first_line(struct: type[msgspec.Struct]) -> str:
    return (struct.__doc__ or "").strip().splitlines()[0]


OPEN = "Readonly<Record<string, unknown>>"


def fields(struct: type[msgspec.Struct]) -> str:
    """Give a struct's fields for a cell of a Markdown table."""
    lines = (_field(struct, field) for field in _struct(struct).fields)
    plain = (
        line.strip().removeprefix("readonly ").rstrip(";").replace(OPEN, "map") for line in lines
    )
    return ", ".join(f"`{line.replace('readonly ', '')}`".replace("|", "\\|") for line in plain)


def _field(struct: type[msgspec.Struct], field: inspect.Field) -> str:
    absent = not field.required and _may_lack(struct)
    written = WRITTEN_OUT.get((struct.__name__, field.encode_name))
    text = written or _type(_without_null(field.type) if absent else field.type)
    return f"  readonly {field.encode_name}{'?' if absent else ''}: {text};"


def _may_lack(struct: type[msgspec.Struct]) -> bool:
    return struct.__struct_config__.omit_defaults or issubclass(struct, commands.Wish)


def _without_null(found: inspect.Type) -> inspect.Type:
    if not isinstance(found, inspect.UnionType):
        return found
    rest = tuple(part for part in found.types if not isinstance(part, inspect.NoneType))
    return rest[0] if len(rest) == 1 else inspect.UnionType(rest)


def _type(found: inspect.Type) -> str:
    simple = SIMPLE.get(type(found))
    if simple is not None:
        return simple
    match found:
        case inspect.StructType(cls=cls):
            return cls.__name__
        case inspect.LiteralType(values=values):
            return " | ".join(json.dumps(value) for value in values)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return f"readonly {_wrapped(item)}[]"
        case inspect.TupleType(item_types=items):
            return f"readonly [{', '.join(_type(item) for item in items)}]"
        case inspect.DictType(value_type=value):
            return f"Readonly<Record<string, {_type(value)}>>"
        case inspect.UnionType(types=types):
            return " | ".join(_type(part) for part in types)
        case _:
            raise ValueError(f"No TypeScript for {found!r} yet.")


def _wrapped(item: inspect.Type) -> str:
    text = _type(item)
    return f"({text})" if " " in text and not text.startswith("Readonly<") else text


def _unions() -> list[str]:
    bodies = "\n".join(f'  readonly "{n}": {b.__name__};' for n, b in events.BODIES.items())
    place = _place()
    placed = "\n".join(_field(place, field) for field in _struct(place).fields)
    return [
        f"/** Every event type with its body. */\nexport interface Bodies {{\n{bodies}\n}}",
        "export type EventType = keyof Bodies;",
        f"/** A fact in its place; `time` in microseconds since 1970, UTC. */\n"
        f"export interface Placed<T extends EventType> {{\n  readonly type: T;\n"
        f"  readonly body: Bodies[T];\n{placed}\n}}",
        "export type Event = { [T in EventType]: Placed<T> }[EventType];",
        "export type Entry = Event | Stub;",
        _union("PersonCommand", _person_commands()),
        _union("ClientFrame", get_args(frames.ClientFrame)),
        _union("ServerFrame", get_args(frames.ServerFrame)),
    ]


def _place() -> type[msgspec.Struct]:
    """Give an event without its type and body, which belong together in TypeScript."""
    fields = [
        (field.name, field.type, *([] if field.required else [field.default]))
        for field in msgspec.structs.fields(events.Event)
        if field.name not in ("type", "body")
    ]
    return msgspec.defstruct("Place", fields, omit_defaults=True)


def _union(name: str, members: Iterable[type]) -> str:
    lines = "".join(f"\n  | {member.__name__}" for member in members)
    return f"export type {name} ={lines};"


def _code_tables() -> list[str]:
    refusals = {r.code: {"sentence": r.sentence, "retry": r.retry} for r in codes.Refusal}
    closes = {
        str(c.number): {"code": c.code, "sentence": c.sentence, "retry": c.retry}
        for c in codes.Close
    }
    return [
        f"export const REFUSALS = {_literal(refusals)} as const;",
        "export type RefusalCode = keyof typeof REFUSALS;",
        f"export const CLOSES = {_literal(closes)} as const;",
    ]


def _literal(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
