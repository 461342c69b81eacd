"""One order without holes, whoever writes, from wherever, whatever happens to grants meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import NamedTuple
from uuid import UUID, uuid4

from collab.core import commands as c
from collab.core import frames
from tests.changers import changing
from tests.cluster import Cluster
from tests.figures import figure, seconds
from tests.loops import apart
from tests.record import ask, connect
from tests.scene import Scene, make_scene
from tests.screens import all_screens_agree
from tests.turns import texts
from tests.wire import Wire

WRITERS, NOTES = 50, 10
PIPELINED, OUTSTANDING = 150, 40
TOGETHER = 5
"""Sockets that send one command at once."""


class Said(NamedTuple):
    """One command as its writer lived through it: when it was sent, when answered, its place."""

    sent: float
    answered: float
    seq: int


async def write(wire: Wire, count: int) -> list[Said]:
    """Write notes one after the other, each after the answer to the one before."""
    told = []
    for number in range(count):
        sent = time.perf_counter()
        reply = await wire.do(c.NoteWrite(f"note {number}"))
        told.append(Said(sent, time.perf_counter(), reply.seq))
    return told


async def regrant(owner: Wire, scene: Scene, count: int) -> None:
    """Give a role and take it again by commands, so that batches change grants as well."""
    user = scene["auditor"].user
    for _ in range(count):
        await owner.do(c.GrantGive(user, "commenter"))
        await owner.do(c.GrantTake(user, "commenter"))


async def tail(session: UUID, until: Callable[[], bool]) -> list[int]:
    """Read what is new in the table again and again, as fast as it goes."""
    query = "SELECT seq FROM collab_event WHERE log = %s AND seq > %s ORDER BY seq"
    seen: list[int] = []
    async with await connect() as conn:
        while not until():
            cursor = await conn.execute(query, (session, len(seen)))
            seen += [seq for (seq,) in await cursor.fetchall()]
            assert seen == list(range(1, len(seen) + 1)), "N+1 was there before N"
    return seen


def early_replies_come_first(told: list[Said]) -> bool:
    """Say whether reply(A) before send(B) meant seq(A) < seq(B), for every A and B."""
    answered = sorted(told, key=lambda one: one.answered)
    highest, place = 0, 0
    for later in sorted(told, key=lambda one: one.sent):
        while answered[place].answered < later.sent:
            highest = max(highest, answered[place].seq)
            place += 1
        if later.seq <= highest:
            return False
    return True


async def wires(stack: AsyncExitStack, cluster: Cluster, scene: Scene, count: int) -> list[Wire]:
    """Open sockets of two people, half of them in each process."""
    people = [scene["op1"], scene["op2"]]
    opened = [
        Wire(cluster[n % 2].ws_url, scene.session, people[n // 2 % 2].token) for n in range(count)
    ]
    for wire in opened:
        await stack.enter_async_context(wire)
    await asyncio.gather(*(wire.join() for wire in opened))
    return opened


async def test_fifty_writers_in_two_processes_make_one_order_while_grants_change(
    cluster: Cluster, scene: Scene
) -> None:
    others = await apart(lambda: [make_scene("Elsewhere") for _ in range(2)])
    sessions = [scene.session, *(other.session for other in others)]
    people = [scene["observer"].user, scene["auditor"].user]
    async with AsyncExitStack() as stack:
        opened = await wires(stack, cluster, scene, WRITERS)
        owner = Wire(cluster[0].ws_url, scene.session, scene["owner"].token)
        await stack.enter_async_context(owner)
        await owner.join()
        done = asyncio.Event()
        tailing = asyncio.create_task(tail(scene.session, done.is_set))
        began = time.perf_counter()
        with changing(sessions, people) as changers:
            work: list[Awaitable[list[Said]]] = [write(wire, NOTES) for wire in opened]
            told, _ = await asyncio.gather(asyncio.gather(*work), regrant(owner, scene, 20))
        took = time.perf_counter() - began
        done.set()
        record = await all_screens_agree(
            cluster.workers, scene.session, scene["owner"].token, owner, *opened[:4]
        )
        assert len(await tailing) > 0
    flat = [one for of_one in told for one in of_one]
    notes = [line for line in record if line.type == "note.written"]
    assert sorted(one.seq for one in flat) == [line.seq for line in notes]
    assert len(notes) == WRITERS * NOTES
    assert early_replies_come_first(flat)
    await commit_times_never_fall(scene.session)
    assert all(changer.changed for changer in changers)
    delays = seconds([one.answered - one.sent for one in flat])
    theirs = sum(changer.deadlocks for changer in changers)
    ours = sum(worker.log.read_text().count("deadlock detected") for worker in cluster.workers)
    figure(
        "50 writers in two processes beside changes of grants",
        f"{len(flat)} commands in {took:.1f} s, reply {delays};"
        f" {sum(changer.changed for changer in changers)} transactions on grants;"
        f" deadlocks: {theirs} of theirs, {ours} of batches",
    )


async def commit_times_never_fall(session: UUID) -> None:
    """Compare the commit times that Postgres keeps with the order of the log."""
    times = await ask(
        "SELECT pg_xact_commit_timestamp(xmin) FROM collab_event WHERE log = %s ORDER BY seq",
        session,
    )
    committed = [when for (when,) in times]
    assert all(committed) and committed == sorted(committed)


async def test_what_one_socket_sends_is_followed_in_the_order_it_was_sent(
    cluster: Cluster, scene: Scene
) -> None:
    async with AsyncExitStack() as stack:
        opened = await wires(stack, cluster, scene, 8)
        await asyncio.gather(*(pipeline(wire, number) for number, wire in enumerate(opened)))
        record = await all_screens_agree(
            cluster.workers, scene.session, scene["owner"].token, *opened
        )
        for number in range(len(opened)):
            mine = [text for text in texts(opened[0]) if text.startswith(f"{number}:")]
            assert mine == [f"{number}:{place}" for place in range(PIPELINED)]
    assert len(record) > 8 * PIPELINED


async def pipeline(wire: Wire, number: int) -> None:
    """Send with many answers outstanding, then wait for all of them."""
    sent: list[UUID] = []
    for place in range(PIPELINED):
        if place >= OUTSTANDING:
            await wire.answer(sent[place - OUTSTANDING])
        sent.append(await wire.send(c.NoteWrite(f"{number}:{place}")))
    for command_id in sent:
        assert isinstance(await wire.answer(command_id), frames.Reply)


async def test_one_command_five_times_at_once_makes_one_event(
    cluster: Cluster, scene: Scene
) -> None:
    async with AsyncExitStack() as stack:
        opened = [
            Wire(cluster[n % 2].ws_url, scene.session, scene["op1"].token) for n in range(TOGETHER)
        ]
        for wire in opened:
            await stack.enter_async_context(wire)
            await wire.join()
        for number in range(20):
            command, command_id = c.NoteWrite(f"once {number}"), uuid4()
            replies = await asyncio.gather(*(wire.do(command, command_id) for wire in opened))
            assert len({(reply.seq, reply.events) for reply in replies}) == 1
            assert Counter(reply.replayed for reply in replies) == {True: 4, False: 1}
        record = await all_screens_agree(
            cluster.workers, scene.session, scene["owner"].token, *opened
        )
    assert sum(line.type == "note.written" for line in record) == 20


async def test_an_id_with_other_content_is_refused_and_of_another_person_is_another_id(
    cluster: Cluster, scene: Scene
) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    same = Wire(cluster[1].ws_url, scene.session, scene["op1"].token)
    other = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    async with one, same, other:
        for wire in (one, same, other):
            await wire.join()
        command_id = uuid4()
        first = await one.do(c.NoteWrite("first"), command_id)
        refusal = await same.answer(await same.send(c.NoteWrite("second"), command_id))
        assert isinstance(refusal, frames.RefusalFrame)
        assert (refusal.code, refusal.retry) == ("command_id_taken", False)
        theirs = await other.do(c.NoteWrite("first"), command_id)
        assert theirs.seq == first.seq + 1 and not theirs.replayed
        await all_screens_agree(
            cluster.workers, scene.session, scene["owner"].token, one, same, other
        )
