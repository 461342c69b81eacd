"""Postgres's binary form of what the hot path sends: arrays of a few types, and whole numbers.

psycopg dumps a list item by item through its registry of types; here a list is one join.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

_HEAD = struct.Struct(">iiIii")
_BOOL, _BYTES, _INT8, _INT2, _TEXT, _UUID = 16, 17, 20, 21, 25, 2950
"""The numbers by which Postgres knows these types, the same in every database."""

_NULL = b"\xff\xff\xff\xff"
_INT8_ITEM, _INT2_ITEM = struct.Struct(">iq").pack, struct.Struct(">ih").pack
_LENGTH = struct.Struct(">i").pack
_SIXTEEN, _TRUE, _FALSE = _LENGTH(16), b"\0\0\0\1\1", b"\0\0\0\1\0"


def uuids(items: Sequence[UUID | None]) -> bytes:
    """Pack a uuid[]."""
    packed = [_NULL if item is None else _SIXTEEN + item.bytes for item in _once(items)]
    return _array(_UUID, packed, len(items))


def int8s(items: Sequence[int | None]) -> bytes:
    """Pack an int8[]."""
    return _array(
        _INT8, [_NULL if item is None else _INT8_ITEM(8, item) for item in _once(items)], len(items)
    )


def int2s(items: Sequence[int | None]) -> bytes:
    """Pack an int2[]."""
    return _array(
        _INT2, [_NULL if item is None else _INT2_ITEM(2, item) for item in _once(items)], len(items)
    )


def bools(items: Sequence[bool]) -> bytes:
    """Pack a bool[]."""
    return _array(_BOOL, [_TRUE if item else _FALSE for item in _once(items)], len(items))


def bytestrings(items: Sequence[bytes | None]) -> bytes:
    """Pack a bytea[]."""
    packed = [_NULL if item is None else _LENGTH(len(item)) + item for item in _once(items)]
    return _array(_BYTES, packed, len(items))


def texts(items: Sequence[str]) -> bytes:
    """Pack a text[]."""
    encoded = [item.encode() for item in _once(items)]
    return _array(_TEXT, [_LENGTH(len(item)) + item for item in encoded], len(items))


def _once(items: Sequence[T]) -> Sequence[T]:
    """Give one item for all where they are the same: half of a batch's columns say one thing."""
    return items[:1] if items and items.count(items[0]) == len(items) else items


def _array(kind: int, packed: list[bytes], count: int) -> bytes:
    """Say that one dimension follows, that there may be nulls, and what the items are."""
    content = b"".join(packed) if len(packed) == count else packed[0] * count
    return _HEAD.pack(1, 1, kind, count, 1) + content


def number(value: bytes | None) -> int:
    """Unpack a whole number of any width that is not null."""
    assert value is not None
    return int.from_bytes(value, "big", signed=True)
