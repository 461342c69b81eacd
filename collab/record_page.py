"""What the admin shows of one log, and ends in one session: by the viewer's own permissions.

A superuser has no way around them: the page reads through the read door and acts through the
write door, as whoever is signed in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import msgspec
from django.http import HttpRequest

from collab import doorkeeper, presence, replay
from collab.core import frames
from collab.core.codes import Close, Refusal, Refused
from collab.core.commands import Command, ConnectionClose, RunCancel
from collab.core.events import Event, UnknownType
from collab.core.frames import Present, Stub
from collab.core.state import State
from collab.log import pool
from collab.submit import Committed, Outcome, sender_of, submit
from permissions import held
from permissions.credentials import Identity

ROWS = 100
"""Events on one page."""

_SYSTEM = "the server"


class Row(NamedTuple):
    """One event as it is shown."""

    seq: int
    time: datetime
    type: str
    actor: str
    content: str


class Here(NamedTuple):
    """Somebody who is connected, and the id of the command that would end that."""

    person: Present
    command_id: UUID


class Record(NamedTuple):
    """One page of a log: what its viewer may see now."""

    head: int
    first: int
    last: int
    rows: list[Row]
    state: State
    command_id: UUID

    @property
    def older(self) -> int | None:
        """Give the place before which the next older page ends."""
        return self.first if self.first > 1 else None

    @property
    def newer(self) -> int | None:
        """Give the place before which the next newer page ends."""
        return min(self.last + ROWS, self.head) + 1 if self.last < self.head else None


async def identified(request: HttpRequest) -> Identity | None:
    """Give who looks, by the login that the browser shows."""
    found = await doorkeeper.identify(request.scope)  # type: ignore[attr-defined]
    return None if isinstance(found, Close) else found


async def record(by: Identity, log: UUID, before: int | None) -> Record | None:
    """Give a page of a log, the newest unless it is to end before a place; None if not theirs."""
    found = await replay.excerpt(log, by.principal, replay.Wanted(None, before, ROWS))
    state = await replay.state_at(log, by.principal, None) if found else None
    if found is None or state is None:
        return None
    entries = [_entry(bytes(raw)) for raw in found.events]
    # Somebody who was deleted is still named by the log that introduced them.
    introduced = {user: person.name for user, person in state.participants.items()}
    names = introduced | await _names(entries)
    rows = [_row(entry, names) for entry in reversed(entries)]
    return Record(found.head, found.first, found.last, rows, state, uuid4())


async def connected(session: UUID) -> list[Here]:
    """Give who is connected to a session, for those who may see it."""
    return [Here(person, uuid4()) for person in await presence.connected(session)]


def _entry(raw: bytes) -> Event | Stub | dict[str, Any]:
    """Read an event; one of a newer version is shown as it is."""
    try:
        return frames.event_or_stub(raw)
    except UnknownType:
        unknown: dict[str, Any] = msgspec.msgpack.decode(raw)
        return unknown


async def _names(entries: list[Event | Stub | dict[str, Any]]) -> dict[UUID, str]:
    actors = {e.actor for e in entries if isinstance(e, Event) and e.actor is not None}
    async with (await pool.shared()).connection() as conn:
        return await held.names_of(conn, actors)


def _row(entry: Event | Stub | dict[str, Any], names: Mapping[UUID, str]) -> Row:
    if isinstance(entry, Stub):
        return Row(entry.seq, _when(entry.time), "withheld", "", f"digest {entry.digest.hex()}")
    if isinstance(entry, dict):
        return Row(entry["seq"], _when(entry["time"]), str(entry["type"]), "", _pretty(entry))
    actor = _SYSTEM if entry.actor is None else names.get(entry.actor, f"deleted: {entry.actor}")
    return Row(entry.seq, _when(entry.time), entry.type, actor, _pretty(entry.body))


def _when(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)


def _pretty(body: Any) -> str:
    return json.dumps(msgspec.to_builtins(body), indent=2, ensure_ascii=False, sort_keys=True)


WRONG_FORM = Refused(Refusal.INVALID, sentence="The form was not filled in.")


async def act(by: Identity, session: UUID, form: Mapping[str, str]) -> Outcome:
    """Do what a button of the page says, by the write door; the form's id makes it happen once."""
    try:
        command = _command(form)
        command_id = UUID(form.get("command_id", ""))
    except (KeyError, ValueError):
        return WRONG_FORM
    return await submit(session, sender_of(by), command_id, command)


def _command(form: Mapping[str, str]) -> Command:
    reason = form.get("reason", "")[:2_000]
    match form["act"]:
        case "end":
            return RunCancel(UUID(form["run"]), reason)
        case "cut" | "away" as wish:
            return ConnectionClose(UUID(form["user"]), wish == "away", reason)
        case other:
            raise ValueError(other)


def said(outcome: Outcome) -> str:
    """Say what came of it."""
    if isinstance(outcome, Committed):
        return f"Done: it is event {outcome.seq} of the session."
    return outcome.words
