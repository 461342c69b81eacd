"""From bytes that nobody vouches for to a tree of values that can be kept exactly, or a refusal."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import msgpack

from collab.core.codes import Refusal, Refused


class Limits(NamedTuple):
    """What a sender may put into one frame: bytes, nesting, values."""

    size: int
    depth: int
    nodes: int


def unpack(data: bytes, limits: Limits) -> dict[str, Any] | Refused:
    """Unpack one map: no extension types, no lengths that lie, text in UTF-8, keys text.

    Room is made for a length before its items are seen, so a few nested bytes could claim much.
    """
    most = limits.nodes
    try:
        tree = msgpack.unpackb(
            data,
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
    return tree if isinstance(tree, dict) else Refused(Refusal.MALFORMED)


def inspect(tree: dict[str, Any], limits: Limits, kept: tuple[type, ...]) -> Refusal | None:
    """Say what in a tree is too much or could not be kept; `kept`: types welcome besides JSON's."""
    return _Inspection(limits, kept).check(tree)


class _Inspection:
    """Walks a decoded tree once and stops at the first thing that could not be kept exactly."""

    LARGEST: ClassVar[int] = 2**53 - 1

    def __init__(self, limits: Limits, kept: tuple[type, ...]) -> None:
        self._limits = limits
        self._kept = (type(None), *kept)
        self._nodes = 0

    def check(self, value: Any, depth: int = 1) -> Refusal | None:
        self._nodes += 1
        if depth > self._limits.depth:
            return Refusal.TOO_DEEP
        if self._nodes > self._limits.nodes:
            return Refusal.TOO_LARGE
        if isinstance(value, dict):
            return self._map(value, depth)
        if isinstance(value, list):
            return self._first(self.check(item, depth + 1) for item in value)
        return _leaf(value, self.LARGEST, self._kept)

    def _map(self, value: dict[Any, Any], depth: int) -> Refusal | None:
        if not all(isinstance(key, str) for key in value):
            return Refusal.MALFORMED
        if any("\0" in key for key in value):
            return Refusal.INVALID_TEXT
        return self._first(self.check(item, depth + 1) for item in value.values())

    @staticmethod
    def _first(problems: Any) -> Refusal | None:
        return next((problem for problem in problems if problem is not None), None)


def _leaf(value: Any, largest: int, kept: tuple[type, ...]) -> Refusal | None:
    if isinstance(value, str):
        return Refusal.INVALID_TEXT if "\0" in value else None
    if isinstance(value, float):
        finite = value == value and abs(value) != float("inf")
        return None if finite else Refusal.INVALID_NUMBER
    if isinstance(value, int):
        return None if -largest <= value <= largest else Refusal.INVALID_NUMBER
    return None if type(value) in kept else Refusal.INVALID
