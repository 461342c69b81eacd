"""Fills a session with as many events as wanted, by the door and the writer that the server uses.

A process of its own, in the environment of a house without a runner. Django is set up before this
is imported; the command line has the session, the count, an operator's token and an agent's.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from itertools import islice
from uuid import UUID, uuid4

import psycopg
from django.conf import settings

from collab import hubs
from collab.core import commands as c
from collab.core.codes import Refusal
from collab.submit import Committed, Sender, close, sender_of, submit
from permissions.credentials import by_token

AT_ONCE = 512
ANSWER = """The volume `/var/log` of **db-2** is at 97 %.

1. `orders.log` grew by 4 GB since midnight
2. nothing rotates it since the update

I would rotate it now, and look at the job afterwards."""


def commands(count: int, claim: int, run: UUID) -> Iterator[c.Command]:
    """Give commands of which each makes one event: what an agent and people do all day."""
    for number in range(count):
        key = f"{number // 4}"
        match number % 4:
            case 0:
                call = {"type": "TOOL_CALL_START", "toolCallId": key, "toolCallName": "list_files"}
                args = {"type": "TOOL_CALL_ARGS", "toolCallId": key, "delta": '{"path": "logs"}'}
                end = {"type": "TOOL_CALL_END", "toolCallId": key}
                yield c.OutputEmit(claim, run, (call, args, end))
            case 1:
                found = {"type": "TOOL_CALL_RESULT", "toolCallId": key, "content": '["a", "b"]'}
                yield c.OutputEmit(claim, run, ({**found, "messageId": f"r{key}"},))
            case 2:
                start = {"type": "TEXT_MESSAGE_START", "messageId": key, "role": "assistant"}
                text = {"type": "TEXT_MESSAGE_CONTENT", "messageId": key, "delta": ANSWER}
                end = {"type": "TEXT_MESSAGE_END", "messageId": key}
                yield c.OutputEmit(claim, run, (start, text, end))
            case _:
                yield c.NoteWrite(f"Looked at it, round {key}: the disk is still filling up.")


async def fill(session: UUID, count: int, tokens: dict[str, str]) -> None:
    """Append the events in one long run, many at once."""
    senders = {kind: await sender(token) for kind, token in tokens.items()}

    async def one(command: c.Command) -> Committed:
        key = uuid4()
        while True:  # as every client does where the log is away for a while: again, by the same id
            outcome = await submit(session, senders[command.sender], key, command)
            if isinstance(outcome, Committed):
                return outcome
            assert outcome.refusal is Refusal.UNAVAILABLE, outcome

    run, prompt = uuid4(), uuid4()
    await submit(session, senders["person"], prompt, c.PromptQueue("Watch db-2."))
    await one(c.AgentAttach("filling"))
    await one(c.RunStart(1, run, (prompt,)))
    every = commands(count, 1, run)
    while some := list(islice(every, AT_ONCE)):
        await asyncio.gather(*map(one, some))
    await one(c.RunFinish(1, run))


async def sender(token: str) -> Sender:
    async with await psycopg.AsyncConnection.connect(settings.LOG_DSN) as conn:
        identity = await by_token(conn, token)
    assert identity is not None
    return sender_of(identity)


async def main(session: str, count: str, operator: str, agent: str) -> None:
    try:
        await fill(UUID(session), int(count), {"person": operator, "agent": agent})
    finally:
        await close()
        await hubs.shutdown()


def run() -> None:
    """Fill as the command line says."""
    asyncio.run(main(*sys.argv[1:]))
