"""Bad frames and commands: what is sent in each encoding, and the name of the refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgpack
import pytest

from collab.core.untrusted import Message
from tests.quiet import both, spoken, wish

ID = "0b0b0b0b-0000-4000-8000-000000000000"
ALIVE = {"frame": "alive"}


class Row(NamedTuple):
    """Bad input, as bytes for MessagePack and as text for JSON, and the name of its refusal."""

    number: str
    what: str
    code: str
    messages: tuple[Message, ...]
    who: str = "op1"


def inside(packed: bytes = b"", text: str = "") -> tuple[Message, ...]:
    """Put raw bytes, or raw JSON, where a frame's unknown field `x` has its value."""
    messages: list[Message] = []
    if packed:
        messages.append(b"\x82\xa5frame\xa5alive\xa1x" + packed)
    if text:
        messages.append('{"frame": "alive", "x": ' + text + "}")
    return tuple(messages)


def note(text: Any) -> tuple[Message, ...]:
    return wish(type="note.write", text=text)


def emit(*events: Any) -> tuple[Message, ...]:
    """Give an agent's frame with AG-UI events, which are open bodies: any JSON may stand there."""
    return wish(type="output.emit", claim=1, run_id=ID, events=list(events))


def request(**changes: Any) -> tuple[Message, ...]:
    ref, action = {"protocol": "ag-ui"}, {"name": "rm", "args": {}}
    asks = {"approval_id": ID, "group_id": ID, "agent_ref": ref, "title": "t", "action": action}
    return wish(type="approval.request", claim=1, run_id=ID, requests=[asks | changes])


def reply(*fields: str) -> dict[str, Any]:
    return {"frame": "submit", "command_id": ID, "command": {}} | dict.fromkeys(fields, 1)


DEEP: list[Any] = []
for _ in range(40):
    DEEP = [DEEP]
CURSOR = '{"frame": "join", "cursor": '

FRAMES = [
    Row("B29", "nothing at all", "malformed", (b"", "")),
    Row("B29", "a byte that means nothing", "malformed", (b"\xc1", "\x01")),
    Row("B29", "cut short", "malformed", (both(ALIVE)[0][:-2], both(ALIVE)[1][:-2])),
    Row("B29", "more behind it", "malformed", (both(ALIVE)[0] + b"\x01", both(ALIVE)[1] + "1")),
    Row("B29", "two frames", "malformed", (both(ALIVE)[0] * 2, both(ALIVE)[1] * 2)),
    Row("B29", "JSON as bytes", "malformed", (json.dumps(ALIVE).encode(),)),
    Row("B29", "a byte order mark", "malformed", ("\ufeff" + json.dumps(ALIVE),)),
    Row("B29", "a list", "malformed", both(["frame", "alive"])),
    Row("B29", "a number", "malformed", both(7)),
    Row("B29", "a length that lies", "malformed", inside(b"\xc6\xff\xff\xff\xff")),
    Row("B29", "a control character", "malformed", inside(text='"a\nb"')),
    Row("B30", "NUL in a text", "invalid_text", note("a\0b")),
    Row("B30", "NUL in a key", "invalid_text", wish(**{"type": "note.write", "a\0": "b"})),
    Row("B31", "text that is no UTF-8", "invalid_text", inside(b"\xa2\xff\xfe")),
    Row("B31", "half a surrogate", "invalid_text", inside(b"\xa3\xed\xa0\x80", r'"\ud800"')),
    Row("B31", "half a surrogate as key", "invalid_text", inside(text=r'{"\udfff": 1}')),
    Row("B32", "not a number", "invalid_number", note(float("nan"))),
    Row("B32", "infinity", "invalid_number", note(float("inf"))),
    Row("B32", "minus infinity", "invalid_number", note(float("-inf"))),
    Row("B32", "1e400", "invalid_number", inside(text="1e400")),
    Row("B32", "1e100000", "invalid_number", inside(text="1e100000")),
    Row("B33", "more than a browser can count", "invalid_number", note(2**53)),
    Row("B33", "less than a browser can count", "invalid_number", note(-(2**53))),
    Row("B33", "2^64-1", "invalid_number", note(2**64 - 1)),
    Row("B34", "5,000 digits", "invalid_number", inside(text="1" * 5_000)),
    Row("B35", "a little too deep", "too_deep", note(DEEP)),
    Row("B35", "much too deep", "too_deep", inside(b"\x91" * 60_000, "[" * 60_000)),
    Row("B36", "too many values", "too_large", note([0] * 2_100)),
    Row("B36", "too many keys", "too_large", note({str(n): 0 for n in range(2_100)})),
    Row("B36", "many small maps", "too_large", note([{"a": 1}] * 1_500)),
    Row("B36", "a claim of much", "too_large", inside(b"\xdd\xff\xff\xff\xff")),
    Row("B28", "too large", "too_large", note("x" * 66_000)),
    Row("B28", "too large in bytes", "too_large", note("\u2713" * 22_000)),
    Row("B38", "a key that is a number", "malformed", inside(b"\x81\x01\x02", "{1: 2}")),
    Row("B38", "a key that is nil", "malformed", inside(b"\x81\xc0\x02", "{null: 2}")),
    Row("B38", "a key that is bytes", "malformed", inside(b"\x81\xc4\x01a\x02")),
    Row("B38", "a key that is a list", "malformed", inside(b"\x81\x90\x02", "{[]: 2}")),
    Row("B38", "a key twice", "malformed", inside(b"\x82\xa1a\x01\xa1a\x01", '{"a":1,"a":1}')),
    Row("B38", "a key twice, escaped", "malformed", inside(text=r'{"a": 1, "\u0061": 1}')),
    Row("B38", "frame twice", "malformed", ('{"frame": "join", "frame": "alive"}',)),
    Row("B39", "an extension", "malformed", inside(b"\xd4\x01\x00")),
    Row("B39", "an empty extension", "invalid", inside(b"\xc7\x00\x05")),
    Row("B39", "a timestamp", "malformed", inside(b"\xd6\xff\x00\x00\x00\x00")),
    Row("B39", "a timestamp of 96 bits", "malformed", inside(b"\xc7\x0c\xff" + bytes(12))),
    Row(
        "B39", "bytes in a command", "invalid", (msgpack.packb(reply() | {"command": {"a": b""}}),)
    ),
    Row("B40", "an unknown frame", "unknown_frame", both({"frame": "sing"})),
    Row("B40", "no frame", "unknown_frame", both({"fame": "alive"})),
    Row("B40", "a frame that is no name", "unknown_frame", both({"frame": 7})),
    Row("B40", "a frame that is a map", "unknown_frame", both({"frame": {}})),
    Row(
        "B40", "the server's frame", "unknown_frame", both({"frame": "beat", "head": 1, "time": 1})
    ),
    Row("B41", "forged actor", "unknown_field", both(reply("actor"))),
    Row("B41", "forged seq", "unknown_field", both(reply("seq"))),
    Row("B41", "forged session", "unknown_field", both(reply("session"))),
    Row("B40", "an id that is none", "invalid", both(reply() | {"command_id": "mine"})),
    Row("B40", "an id that is a number", "invalid", both(reply() | {"command_id": 7})),
    Row("B40", "no command", "invalid", both({"frame": "submit", "command_id": ID})),
    Row("B40", "a command that is a list", "invalid", both(reply() | {"command": []})),
    Row(
        "B40",
        "a page that is too long",
        "invalid",
        both({"frame": "read", "request_id": 1, "before": 5, "limit": 501}),
    ),
    Row(
        "B40",
        "a place before the first",
        "invalid",
        both({"frame": "read", "request_id": 1, "before": -1}),
    ),
    Row("B40", "half a place", "invalid", both({"frame": "read", "request_id": 1, "before": 1.5})),
    Row(
        "B40", "a mark that is none", "invalid", (CURSOR + '[1, 2, "xyz"]}', CURSOR + "[1, 2, 3]}")
    ),
    Row(
        "B40",
        "a mark in base64",
        "invalid",
        (CURSOR + '[1, 2, "MTI="]}', msgpack.packb({"frame": "join", "cursor": [1, 2, "MTI="]})),
    ),
    Row("B9", "a second join", "already_joined", both({"frame": "join"})),
]
"""Frames that cannot be followed."""

COMMANDS = [
    Row("B48", "unknown", "unknown_command", wish(type="prompt.sing")),
    Row("B48", "no type", "unknown_command", wish(text="x")),
    Row("B48", "a type that is a list", "unknown_command", wish(type=["note.write"])),
    Row("B48", "the server's own", "unknown_command", wish(type="session.open", title="x")),
    Row(
        "B48",
        "the server's own of a workspace",
        "unknown_command",
        wish(type="workspace.open", name="x"),
    ),
    Row("B48", "an event", "unknown_command", wish(type="note.written", text="x")),
    Row(
        "B48",
        "an event of people, by an agent",
        "unknown_command",
        wish(type="approval.decided", approval_id=ID, decision="approve"),
        "agent",
    ),
    *(
        Row(
            "B41",
            f"forged {name}",
            "unknown_field",
            wish(type="note.write", text="x", **{name: value}),
        )
        for name, value in {
            **{"actor": ID, "seq": 3, "time": 3, "log": ID, "session": ID, "digest": "00" * 32},
            **{"acl_version": 9, "claim": 1, "is_staff": True, "permissions": ["manage"]},
            **{"__class__": "x", "__proto__": {}, "id": ID, "kind": "agent", "stub": True},
        }.items()
    ),
    Row("B41", "forged digest of a request", "unknown_field", request(args_digest="0"), "agent"),
    Row(
        "B41",
        "forged decision in a request",
        "unknown_field",
        request(policy={"quorum": 1, "decided": True}),
        "agent",
    ),
    Row(
        "B41",
        "forged field in an action",
        "unknown_field",
        request(action={"name": "rm", "args": {}, "safe": True}),
        "agent",
    ),
    Row(
        "B41",
        "forged field in a reference",
        "unknown_field",
        request(agent_ref={"protocol": "ag-ui", "user": ID}),
        "agent",
    ),
    Row(
        "B41",
        "forged field in an option",
        "unknown_field",
        request(options=[{"id": "a", "label": "A", "chosen": True}]),
        "agent",
    ),
    Row(
        "B40",
        "a visibility that is none",
        "invalid",
        wish(type="note.write", text="x", visibility="me"),
    ),
    Row("B40", "no text", "invalid", note("")),
    Row("B40", "wrong kind of text", "invalid", note(["x"])),
    Row("B40", "text that is nothing", "invalid", note(None)),
    Row("B28", "long text", "invalid", note("x" * 32_001)),
    Row("B28", "a long title", "invalid", wish(type="session.rename", title="x" * 201)),
    Row("B13", "observer notes", "forbidden", note("x"), "observer"),
    Row("B13", "observer prompts", "forbidden", wish(type="prompt.queue", text="x"), "observer"),
    Row("B13", "observer closes", "forbidden", wish(type="session.close"), "observer"),
    Row("B13", "operator grants", "forbidden", wish(type="grant.give", user=ID, role="owner")),
    Row("B47", "operator attaches", "wrong_kind", wish(type="agent.attach", runner="x")),
    Row("B47", "operator speaks as the agent", "wrong_kind", emit({"type": "X"})),
    Row("B47", "agent prompts", "wrong_kind", wish(type="prompt.queue", text="x"), "agent"),
    Row(
        "B47",
        "agent approves",
        "wrong_kind",
        wish(
            type="approval.decide",
            approval_id=ID,
            decision="approve",
            args_digest="0" * 64,
            shown_seq=1,
        ),
        "agent",
    ),
    Row(
        "B48",
        "agent without claim",
        "stale_claim",
        wish(type="run.start", claim=7, run_id=ID, prompts=[ID]),
        "agent",
    ),
    Row("B48", "output without claim", "stale_claim", emit({"type": "X"}), "agent"),
    Row("B40", "output that is text", "invalid", emit("X"), "agent"),
    Row("B40", "no output", "invalid", emit(), "agent"),
    Row("B33", "output with 2^53", "invalid_number", emit({"a": [{"b": 2**53}]}), "agent"),
    Row("B32", "output with NaN", "invalid_number", emit({"a": float("nan")}), "agent"),
    Row("B30", "output with NUL", "invalid_text", emit({"a": {"b\0": 1}}), "agent"),
    Row("B36", "output of 60,000 values", "too_large", emit({"a": [0] * 60_000}), "agent"),
    Row("B40", "cancels nothing", "no_run", wish(type="run.cancel", run_id=ID)),
    Row("B40", "recalls nothing", "no_prompt", wish(type="prompt.recall", prompt_id=ID)),
    Row("B40", "moves nothing", "no_prompt", wish(type="prompt.move", prompt_id=ID)),
    Row("B41", "moves to a place", "unknown_field", wish(type="prompt.move", prompt_id=ID, to=1)),
    Row(
        "B40",
        "grants to nobody",
        "no_person",
        wish(type="grant.give", user=ID, role="operator"),
        "owner",
    ),
    Row(
        "B40",
        "takes nothing",
        "no_grant",
        wish(type="grant.take", user=ID, role="operator"),
        "owner",
    ),
    Row(
        "B46",
        "approves nothing",
        "no_approval",
        wish(
            type="approval.decide",
            approval_id=ID,
            decision="approve",
            args_digest="0" * 64,
            shown_seq=1,
        ),
    ),
    Row(
        "B46",
        "settles nothing",
        "no_approval",
        wish(type="approval.settle", approval_id=ID, outcome="executed"),
    ),
]
"""Commands that are not followed; the frame around them is well."""


def cases(rows: list[Row]) -> Iterator[Any]:
    """Give every row in each encoding that can say it."""
    for row in rows:
        for message in row.messages:
            name = f"{row.number} {row.what} ({spoken(message).subprotocol.rpartition('.')[2]})"
            yield pytest.param(row, message, id=name)
