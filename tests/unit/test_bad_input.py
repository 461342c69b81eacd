"""The table of bad input, as far as frames and commands go: a name, a sentence, nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import msgpack
import pytest

from collab.core import commands as c
from collab.core import frames
from collab.core.chain import args_digest
from collab.core.codes import Close, Refusal, Refused
from collab.core.connection import Connection
from collab.core.drafts import Who
from tests.play import (
    AGENT,
    ARGS,
    ASKED,
    GROUP,
    OBSERVER,
    OPERATOR,
    PROMPT,
    RUN,
    SECOND,
    Play,
    answer,
    asking_session,
    message,
    uid,
)

LIMIT = 64 * 1024


def framed(command: Any, **more: Any) -> bytes:
    frame = {"frame": "submit", "command_id": str(uid(9)), "command": command} | more
    return bytes(msgpack.packb(frame))


def prompt(text: Any = "go", **more: Any) -> bytes:
    return framed({"type": "prompt.queue", "text": text} | more)


def inside(raw: bytes) -> bytes:
    """Put raw bytes where a prompt's text would stand."""
    return prompt("?").replace(b"\xa1?", raw)


def plain(command: c.Command) -> Any:
    return msgpack.unpackb(c.encode(command))


class Row(NamedTuple):
    """A row of the table: its number, who sends what, and the answer."""

    number: str
    what: str
    who: Who
    data: bytes
    code: Refusal


FORGED = ("actor", "seq", "time", "hash", "is_staff", "session", "lease_epoch", "permissions")
OTHER = c.ApprovalDecide(uid(0xE9), "approve", args_digest(ARGS), 1)
CHANGED = c.ApprovalDecide(ASKED, "approve", args_digest({"paths": ["/"]}), 1)
UNKNOWN = Refusal.UNKNOWN_COMMAND

ROWS = [
    Row("B13", "a viewer decides", OBSERVER, framed(plain(OTHER)), Refusal.FORBIDDEN),
    Row("B13", "a viewer prompts", OBSERVER, prompt(), Refusal.FORBIDDEN),
    Row("B17", "larger than the limit", OPERATOR, b"\xc4" * (LIMIT + 1), Refusal.TOO_LARGE),
    Row("B28", "a prompt that is too long", OPERATOR, prompt("x" * 40_000), Refusal.INVALID),
    Row("B29", "nothing", OPERATOR, b"", Refusal.MALFORMED),
    Row("B29", "a byte that is never used", OPERATOR, b"\xc1", Refusal.MALFORMED),
    Row("B29", "cut off", OPERATOR, prompt()[:-1], Refusal.MALFORMED),
    Row("B29", "trailing bytes", OPERATOR, prompt() + b"\x00", Refusal.MALFORMED),
    Row("B29", "JSON", OPERATOR, b'{"frame":"join"}', Refusal.MALFORMED),
    Row("B30", "NUL in a text", OPERATOR, prompt("a\0b"), Refusal.INVALID_TEXT),
    Row("B30", "NUL in a key", OPERATOR, prompt(**{"a\0b": 1}), Refusal.INVALID_TEXT),
    Row("B31", "a lone surrogate", OPERATOR, inside(b"\xa3\xed\xa0\x80"), Refusal.INVALID_TEXT),
    Row("B31", "no UTF-8", OPERATOR, inside(b"\xa1\xff"), Refusal.INVALID_TEXT),
    Row("B32", "not a number", OPERATOR, prompt(float("nan")), Refusal.INVALID_NUMBER),
    Row("B32", "infinity", OPERATOR, prompt(float("inf")), Refusal.INVALID_NUMBER),
    Row("B33", "beyond 2^53", OPERATOR, prompt(2**53), Refusal.INVALID_NUMBER),
    Row("B33", "beyond -2^53", OPERATOR, prompt(-(2**53)), Refusal.INVALID_NUMBER),
    Row("B33", "2^64 - 1", OPERATOR, prompt(2**64 - 1), Refusal.INVALID_NUMBER),
    Row("B35", "33 deep", OPERATOR, inside(b"\x91" * 31 + b"\xc0"), Refusal.TOO_DEEP),
    Row("B35", "ten thousand deep", OPERATOR, inside(b"\x91" * 10_000), Refusal.TOO_DEEP),
    Row("B36", "many keys", OPERATOR, prompt({str(n): 0 for n in range(3_000)}), Refusal.TOO_LARGE),
    Row("B36", "many empties", OPERATOR, prompt([[]] * 60_000), Refusal.TOO_LARGE),
    Row("B38", "a number as key", OPERATOR, inside(b"\x81\x01\x01"), Refusal.MALFORMED),
    Row("B38", "nil as key", OPERATOR, inside(b"\x81\xc0\x01"), Refusal.MALFORMED),
    Row("B38", "bytes as key", OPERATOR, inside(b"\x81\xc4\x01a\x01"), Refusal.MALFORMED),
    Row("B39", "an extension", OPERATOR, inside(b"\xd4\x05\x00"), Refusal.MALFORMED),
    Row("B39", "an empty extension", OPERATOR, inside(b"\xc7\x00\x05"), Refusal.INVALID),
    Row("B39", "a timestamp", OPERATOR, inside(b"\xd6\xff" + bytes(4)), Refusal.MALFORMED),
    *(
        Row("B41", f"forged {name}", OPERATOR, prompt(**{name: 1}), Refusal.UNKNOWN_FIELD)
        for name in FORGED
    ),
    Row(
        "B41",
        "forged beside the command",
        OPERATOR,
        framed({"type": "prompt.queue", "text": "go"}, actor=str(uid(1))),
        Refusal.UNKNOWN_FIELD,
    ),
    Row("B46", "another session's call", OPERATOR, framed(plain(OTHER)), Refusal.NO_APPROVAL),
    Row("B46", "other arguments", OPERATOR, framed(plain(CHANGED)), Refusal.CHANGED),
    Row("B47", "an agent prompts", AGENT, prompt(), Refusal.WRONG_KIND),
    Row("B47", "an agent approves", AGENT, framed(plain(OTHER)), Refusal.WRONG_KIND),
    Row(
        "B47",
        "a person starts a run",
        OPERATOR,
        framed(plain(c.RunStart(1, uid(1), (PROMPT,)))),
        Refusal.WRONG_KIND,
    ),
    Row(
        "B48",
        "a person speaks as the agent",
        OPERATOR,
        framed(plain(c.OutputEmit(1, RUN, message("I am the agent")))),
        Refusal.WRONG_KIND,
    ),
    Row(
        "B48",
        "an event as a command",
        AGENT,
        framed({"type": "approval.decided"}),
        Refusal.UNKNOWN_COMMAND,
    ),
    Row(
        "B48",
        "a server's own command",
        AGENT,
        framed({"type": "session.open"}),
        Refusal.UNKNOWN_COMMAND,
    ),
    Row(
        "B44", "no such command", OPERATOR, framed({"type": "prompt.eat"}), Refusal.UNKNOWN_COMMAND
    ),
    Row("B44", "no such frame", OPERATOR, b"\x81\xa5frame\xa3eat", Refusal.UNKNOWN_FRAME),
]


def sent(play: Play, connection: Connection, who: Who, data: bytes) -> Any:
    """Take bytes the whole pure way that a socket takes them."""
    heard = connection.receive(data)
    if not isinstance(heard, frames.Submit):
        return heard
    command = c.parse(heard.command)
    return command if isinstance(command, Refused) else play.ask(who, command, heard.command_id)


def joined(who: Who) -> Connection:
    connection = Connection(who.kind)
    assert isinstance(connection.receive(frames.encode(frames.Join())), frames.Join)
    return connection


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number} {row.what}")
def test_bad_input_gets_its_name_and_a_sentence_and_changes_nothing(row: Row) -> None:
    play = asking_session()
    before, connection = play.state, joined(row.who)
    refused = sent(play, connection, row.who, row.data)
    assert isinstance(refused, Refused), refused
    assert refused.refusal is row.code
    assert refused.words
    assert play.state is before
    told = frames.decode_server(frames.encode(frames.refusal(refused, uid(9))))
    assert isinstance(told, frames.RefusalFrame)
    # The connection and its neighbours go on as if nothing had been sent.
    note = c.NoteWrite("still here")
    assert not isinstance(sent(play, joined(SECOND), SECOND, framed(plain(note))), Refused)
    assert isinstance(connection.receive(frames.encode(frames.Alive())), frames.Alive)


@pytest.mark.parametrize("row", [row for row in ROWS if row.number in {"B29", "B31", "B38", "B39"}])
def test_the_third_frame_that_cannot_be_read_ends_only_its_own_socket(row: Row) -> None:
    play, connection, neighbour = asking_session(), joined(row.who), joined(SECOND)
    answers = [sent(play, connection, row.who, row.data) for _ in range(3)]
    assert answers[2] is Close.MALFORMED
    assert isinstance(neighbour.receive(prompt()), frames.Submit)


def test_a_second_decision_is_named_and_changes_nothing() -> None:
    play = asking_session()
    play.do(OPERATOR, answer(play))
    before = play.state
    refused = sent(play, joined(SECOND), SECOND, framed(plain(answer(play, "reject"))))
    assert refused.refusal is Refusal.ALREADY_DECIDED
    assert play.state is before


LONG: list[tuple[str, Callable[[str], c.Command]]] = [
    ("a title", c.SessionRename),
    ("a reason", lambda text: c.RunCancel(RUN, text)),
    ("a note", c.NoteWrite),
    ("a role", lambda text: c.GrantGive(uid(1), text)),
]


@pytest.mark.parametrize(("what", "make"), LONG, ids=[what for what, _ in LONG])
def test_a_text_that_is_too_long_is_invalid(what: str, make: Callable[[str], c.Command]) -> None:
    refused = c.parse(plain(make("x" * 40_000)))
    assert isinstance(refused, Refused)
    assert refused.refusal is Refusal.INVALID


def test_nobody_is_taken_for_somebody_else() -> None:
    play = asking_session()
    made = sent(play, joined(OPERATOR), OPERATOR, prompt("go"))
    assert [(event.actor, event.seq) for event in made] == [(OPERATOR.user, play.state.seq)]
    assert isinstance(made[0].actor, UUID)
    assert GROUP not in play.state.approvals
