"""What a stream of AG-UI events may look like: short forms spelled out, nonsense named, limits.

Pure: events in, events out. An event type that is not known passes as it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from collab.agents.failures import AgentFailure, AgUi, nonsense, too_much
from collab.agents.snapshots import Known, Said
from collab.core.state import ENDS, GROWS, OPENS

ITEM_BYTES = 900_000
"""How long one message or one call's arguments may get; all of it has to fit into one frame."""

STATE_BYTES = 16_000
"""How long a snapshot of an agent's state may be to be kept: each run brings some, ever longer."""

STATE_LEFT_OUT = "cohelm.state_left_out"
"""The custom event that stands where a longer one was; its value says how many bytes it had."""

FINISHED, ERROR = "RUN_FINISHED", "RUN_ERROR"

CHUNKS = {
    "TEXT_MESSAGE_CHUNK": ("TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END"),
    "TOOL_CALL_CHUNK": ("TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END"),
    "REASONING_MESSAGE_CHUNK": (
        "REASONING_MESSAGE_START",
        "REASONING_MESSAGE_CONTENT",
        "REASONING_MESSAGE_END",
    ),
}
"""AG-UI's short forms and the start, growth and end that they stand for."""


def item_key(event: AgUi) -> str | None:
    """Give the id of the message or call that an event opens, grows or ends."""
    for table in (OPENS, GROWS, ENDS):
        if (field := table.get(event["type"])) is not None:
            return str(event.get(field))
    return None


class Stream:
    """One run's events as they arrive; raises AgentFailure at the first that cannot be.

    `known` is what the log holds of the conversation, and may grow meanwhile.
    """

    def __init__(self, known: Known | None = None) -> None:
        self.end: AgUi | None = None
        self._said = Said(known if known is not None else {})
        self._open: dict[str, int] = {}
        self._started = False
        self._chunked: tuple[str, str] | None = None

    def take(self, event: Any) -> Iterator[AgUi]:
        """Check one decoded event and give what it stands for."""
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise nonsense("an event without a type")
        for plain in self._spelled_out(event):
            self._check(plain)
            self._said.take(plain)
            if plain["type"] != "MESSAGES_SNAPSHOT":
                yield plain

    def over(self) -> None:
        """Note that the stream has ended; it must have said how."""
        if self.end is None:
            raise AgentFailure("dropped", "The agent stopped in the middle of its answer.")

    def _check(self, event: AgUi) -> None:
        kind = event["type"]
        if self.end is not None:
            raise nonsense(f"{kind} after the end of the run")
        if not self._started and kind not in ("RUN_STARTED", ERROR):
            raise nonsense(f"{kind} before RUN_STARTED")
        self._started = True
        self._check_item(kind, event)
        if kind in (FINISHED, ERROR):
            self.end = event
            if kind == FINISHED and self._open:
                raise nonsense("the run finished in the middle of a message")

    def _check_item(self, kind: str, event: AgUi) -> None:
        key = item_key(event)
        if key is None:
            return
        if kind in OPENS:
            if key in self._open:
                raise nonsense(f"a second {kind} for the same id")
            self._open[key] = 0
        elif key not in self._open:
            raise nonsense(f"{kind} for something that was not started")
        elif kind in ENDS:
            del self._open[key]
        else:
            self._grow(key, event)

    def _grow(self, key: str, event: AgUi) -> None:
        if not isinstance(event.get("delta"), str):
            raise nonsense(f"{event['type']} without a text")
        self._open[key] += len(event["delta"].encode())
        if self._open[key] > ITEM_BYTES:
            raise too_much(f"one message is larger than {ITEM_BYTES // 1000} kB")

    def _spelled_out(self, event: AgUi) -> Iterator[AgUi]:
        names = CHUNKS.get(event["type"])
        key = str(event.get(OPENS[names[0]]) or "") if names else ""
        if self._chunked and (names is None or (key and (names[0], key) != self._chunked)):
            yield self._chunk_ended()
        if names is None:
            yield from self._whole(event)
        else:
            yield from self._chunk(event, names, key)

    def _whole(self, event: AgUi) -> Iterator[AgUi]:
        """Give an event as it came; a snapshot with what is new in it, or without its content."""
        match event["type"]:
            case "MESSAGES_SNAPSHOT":
                yield event
                yield from self._said.news(event)
            case "STATE_SNAPSHOT":
                yield _short(event)
            case _:
                yield event

    def _chunk(self, event: AgUi, names: tuple[str, str, str], key: str) -> Iterator[AgUi]:
        if self._chunked is None:
            if not key:
                raise nonsense(f"{event['type']} without an id")
            self._chunked = (names[0], key)
            yield {k: v for k, v in event.items() if k != "delta"} | {"type": names[0]}
        if event.get("delta"):
            yield {"type": names[1], GROWS[names[1]]: self._chunked[1], "delta": event["delta"]}

    def _chunk_ended(self) -> AgUi:
        assert self._chunked is not None
        start, key = self._chunked
        self._chunked = None
        end = start.removesuffix("_START") + "_END"
        return {"type": end, ENDS[end]: key}


def _short(snapshot: AgUi) -> AgUi:
    size = len(msgspec.json.encode(snapshot))
    if size <= STATE_BYTES:
        return snapshot
    return {"type": "CUSTOM", "name": STATE_LEFT_OUT, "value": {"bytes": size}}
