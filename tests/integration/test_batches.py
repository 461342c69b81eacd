"""One batch: rows are on their way while later commands are decided, whatever those will be."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from collab.core import commands as c
from collab.core.codes import Refusal, Refused
from collab.core.commands import Command
from collab.log import part, pool
from collab.models import Session
from collab.submit import Committed, Outcome, Sender, sender_of, submit
from permissions import credentials
from tests.estate import history
from tests.loops import apart
from tests.record import broken_at, head_of, lines
from tests.scene import Scene, make_scene

MORE = part.AHEAD * 2 + 5
"""Commands of which some are inserted before the last one is decided."""


async def sender(scene: Scene, name: str) -> Sender:
    async with (await pool.shared()).connection() as conn:
        identity = await credentials.by_token(conn, scene[name].token)
    assert identity is not None
    return sender_of(identity)


async def together(log: UUID, by: Sender, wishes: list[Command]) -> list[Outcome]:
    """Send all in one turn of the loop, so that they make one batch if they may."""
    return await asyncio.gather(*(submit(log, by, uuid4(), wish) for wish in wishes))


def notes(count: int) -> list[Command]:
    return [c.NoteWrite(f"note {number}") for number in range(count)]


@pytest.fixture
async def owner(scene: Scene) -> Sender:
    return await sender(scene, "owner")


async def test_a_change_of_grants_behind_rows_that_are_on_their_way_has_a_batch_of_its_own(
    scene: Scene, owner: Sender
) -> None:
    before = await head_of(scene.session)
    give = c.GrantGive(scene["auditor"].user, "commenter")
    outcomes = await together(scene.session, owner, [*notes(MORE), give, *notes(3)])
    assert all(isinstance(outcome, Committed) for outcome in outcomes), outcomes
    record = await lines(scene.session)
    assert broken_at(scene.session, record) is None
    written = [line for line in record if line.seq > before.seq]
    (given,) = [line for line in written if line.type == "grant.given"]
    assert {line.acl_version for line in written if line.seq < given.seq} == {before.acl_version}
    assert {line.acl_version for line in written if line.seq >= given.seq} == {given.acl_version}
    assert given.acl_version > before.acl_version
    assert [line.type for line in written if line.seq > given.seq] == ["note.written"] * 3
    change = (await apart(lambda: history(scene.session)))[-1]
    assert (change["acl_version"], change["head_seq"]) == (given.acl_version, given.seq - 1)
    assert given.time > written[0].time, "both were in one batch"


async def test_a_change_of_grants_before_them_is_in_force_for_those_behind_it(
    scene: Scene, owner: Sender
) -> None:
    operator = await sender(scene, "op2")
    take = submit(scene.session, owner, uuid4(), c.GrantTake(scene["op2"].user, "operator"))
    outcomes = await asyncio.gather(
        together(scene.session, owner, notes(3)),
        take,
        together(scene.session, operator, notes(MORE)),
    )
    assert isinstance(outcomes[1], Committed)
    assert outcomes[2] == [Refused(Refusal.NOT_FOUND)] * MORE
    assert broken_at(scene.session, await lines(scene.session)) is None


async def test_what_follows_from_events_is_written_also_behind_rows_on_their_way(
    scene: Scene, owner: Sender
) -> None:
    rename = c.SessionRename("Another title")
    wishes = [*notes(MORE), rename, *notes(MORE)]
    outcomes = await together(scene.session, owner, wishes)
    seqs = [outcome.seq for outcome in outcomes if isinstance(outcome, Committed)]
    assert seqs == list(range(seqs[0], seqs[0] + len(wishes)))
    record = await lines(scene.session)
    assert broken_at(scene.session, record) is None
    assert len({line.time for line in record[-len(wishes) :]}) == 1, "it was more than one batch"
    title = await apart(lambda: Session.objects.get(pk=scene.session).title)
    assert title == "Another title"


async def test_a_batch_of_many_logs_leaves_each_of_them_whole(scene: Scene, owner: Sender) -> None:
    other = await apart(make_scene)
    theirs = await sender(other, "owner")
    give = c.GrantGive(other["auditor"].user, "commenter")
    outcomes = await asyncio.gather(
        together(scene.session, owner, notes(MORE)),
        together(other.session, theirs, [give, *notes(MORE)]),
    )
    assert all(isinstance(each, Committed) for some in outcomes for each in some), outcomes
    for session in (scene.session, other.session):
        assert broken_at(session, await lines(session)) is None
