"""From messages that nobody vouches for to trees that can be kept exactly, or to refusals."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgpack
import msgspec

from collab.core.codes import Refusal, Refused


class Limits(NamedTuple):
    """What a sender may put into one frame: bytes, nesting, values."""

    size: int
    depth: int
    nodes: int


Message = bytes | str
"""What a WebSocket carries: bytes hold MessagePack, text holds JSON."""


def size(data: Message) -> int:
    """Give the length on the wire, in bytes."""
    if isinstance(data, str) and not data.isascii():
        return len(data.encode(errors="surrogatepass"))
    return len(data)


def unpack(data: Message, limits: Limits) -> dict[str, Any] | Refused:
    """Read one map in which no key stands twice."""
    tree = _unpacked(data, limits) if isinstance(data, bytes) else _parsed(data)
    return tree if isinstance(tree, dict | Refused) else Refused(Refusal.MALFORMED)


def _unpacked(data: bytes, limits: Limits) -> Any:
    """Read MessagePack: no extension types, no lengths that lie, text in UTF-8, keys text.

    Room is made for a length before its items are seen, so a few nested bytes could claim much.
    """
    most = limits.nodes
    try:
        return msgpack.unpackb(
            data,
            object_pairs_hook=_once,
            raw=False,
            strict_map_key=True,
            max_ext_len=0,
            max_array_len=most,
            max_map_len=most,
        )
    except (msgpack.exceptions.StackError, RecursionError):
        return Refused(Refusal.TOO_DEEP)
    except UnicodeDecodeError:
        return Refused(Refusal.INVALID_TEXT)
    except (ValueError, TypeError, OverflowError, msgpack.exceptions.UnpackException) as error:
        claimed = str(error).endswith((f"max_array_len({most})", f"max_map_len({most})"))
        return Refused(Refusal.TOO_LARGE if claimed else Refusal.MALFORMED)


def _parsed(text: str) -> Any:
    """Read JSON; Python's reader takes words for numbers that JSON does not have."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        return Refused(Refusal.TOO_DEEP)
    except (json.JSONDecodeError, _Twice):
        return Refused(Refusal.MALFORMED)
    except ValueError:  # NaN, Infinity, or more digits than Python reads
        return Refused(Refusal.INVALID_NUMBER)


class _Twice(ValueError):
    """A key stands twice in one map: readers would differ in which value they take."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice
    return found


def _no_number(word: str) -> Any:
    raise ValueError(word)


LARGEST = 2**53 - 1
"""The largest whole number that a browser keeps exactly."""


def inspect(tree: dict[str, Any], limits: Limits, kept: tuple[type, ...]) -> Refusal | None:
    """Say what in a tree is too much or could not be kept; `kept`: types welcome besides JSON's."""
    level, nodes = [tree], 0
    for _ in range(limits.depth):
        nodes += len(level)
        if nodes > limits.nodes:
            return Refusal.TOO_LARGE
        below: list[Any] = []
        for value in level:
            problem = _problem(value, kept, below)
            if problem is not None:
                return problem
        if not below:
            return None
        level = below
    return Refusal.TOO_DEEP


def strange_field(given: dict[str, Any], made: msgspec.Struct, place: str = "$") -> str | None:
    """Name a field in a part of a command that is not known here; `made` was read from `given`.

    Events take what a newer version has put into those parts, so their types let it pass.
    """
    for where, inner, part in _parts(given, made, place):
        strange = next((name for name in inner if name not in part.__struct_fields__), None)
        if strange is not None:
            return f"Object contains unknown field `{strange}` - at `{where}`"
        found = strange_field(inner, part, where)
        if found is not None:
            return found
    return None


def _parts(
    given: dict[str, Any], made: msgspec.Struct, place: str
) -> Iterator[tuple[str, dict[str, Any], msgspec.Struct]]:
    """Give the structs that a struct is made of, each with its place and what it was read from."""
    for name in given.keys() & set(made.__struct_fields__):
        part, where = getattr(made, name), f"{place}.{name}"
        if isinstance(part, msgspec.Struct):
            yield where, given[name], part
        elif isinstance(part, tuple) and part and isinstance(part[0], msgspec.Struct):
            for number, (inner, item) in enumerate(zip(given[name], part, strict=True)):
                yield f"{where}[{number}]", inner, item


def _problem(value: Any, kept: tuple[type, ...], below: list[Any]) -> Refusal | None:
    """Look at one value, and put what is in it `below`."""
    kind = type(value)
    if kind is str:
        return None if _storable(value) else Refusal.INVALID_TEXT
    if kind is dict:
        below.extend(value.values())
        return _keys(value)
    if kind is list:
        below.extend(value)
        return None
    if kind is int or kind is float:
        most = LARGEST if kind is int else sys.float_info.max
        return None if -most <= value <= most else Refusal.INVALID_NUMBER
    return None if value is None or kind is bool or kind in kept else Refusal.INVALID


def _keys(value: dict[Any, Any]) -> Refusal | None:
    for key in value:
        if type(key) is not str:
            return Refusal.MALFORMED
        if not _storable(key):
            return Refusal.INVALID_TEXT
    return None


def _storable(text: str) -> bool:
    """Say whether Postgres takes a text: no NUL, and no half of a surrogate pair."""
    if "\0" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False
