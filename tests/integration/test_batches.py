"""One batch: rows are on their way while later commands are decided, whatever those will be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from collab import submit as submission
from collab.core import commands as c
from collab.core.codes import Refusal, Refused
from collab.core.commands import Command
from collab.log import part, pool, writer
from collab.models import Session
from collab.submit import Committed, Outcome, Sender, close, sender_of, submit
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


# what came before


@pytest.fixture
async def carefree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no lane look at ids beforehand: neither from earlier, nor after one came twice."""
    await close()
    monkeypatch.setattr(writer, "CAREFUL_SECONDS", 0.0)


Sent = tuple[UUID, Command]


async def sent(log: UUID, by: Sender, wishes: Sequence[Sent]) -> list[Outcome]:
    return await asyncio.gather(*(submit(log, by, key, wish) for key, wish in wishes))


def again(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Give what is answered to those who send it once more."""
    committed = [outcome for outcome in outcomes if isinstance(outcome, Committed)]
    assert len(committed) == len(outcomes), outcomes
    return [outcome._replace(replayed=True) for outcome in committed]


@pytest.mark.usefixtures("carefree")
@pytest.mark.parametrize("careful", [0.0, 30.0], ids=["each time", "once"])
async def test_whatever_came_before_is_answered_as_it_was_among_new_commands(
    scene: Scene, owner: Sender, monkeypatch: pytest.MonkeyPatch, careful: float
) -> None:
    monkeypatch.setattr(writer, "CAREFUL_SECONDS", careful)
    followed = [(uuid4(), note) for note in notes(3)]
    # Sent again, it would be refused: the title is that already.
    refused = [(uuid4(), c.SessionRename("Another title"))]
    first = await sent(scene.session, owner, [*followed, *refused])
    new = [(uuid4(), note) for note in notes(MORE)]
    for _ in range(2):
        outcomes = await sent(scene.session, owner, [*refused, *new, *followed])
        assert outcomes[:1] + outcomes[-3:] == again(first[-1:] + first[:-1])
    record = await lines(scene.session)
    assert broken_at(scene.session, record) is None
    ids = [line.command_id for line in record if line.command_id is not None]
    assert len(ids) == len(set(ids))
    assert {key for key, _ in (*followed, *refused, *new)} <= set(ids)


@pytest.mark.usefixtures("carefree")
async def test_only_refused_commands_are_answered_as_before_without_a_second_try(
    scene: Scene, owner: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    rename = [(uuid4(), c.SessionRename("Another title"))]
    first = await sent(scene.session, owner, rename)
    lane = submission._writer()._lane
    trips = lane._trips
    assert await sent(scene.session, owner, rename) == again(first)
    assert lane._trips is trips, "the connection was given up"
    followed = [(uuid4(), note) for note in notes(1)]
    first = await sent(scene.session, owner, followed)
    assert await sent(scene.session, owner, followed) == again(first)
    assert lane._trips is not trips
    assert not caplog.records, "what is no fault is not told as one"


@pytest.mark.usefixtures("carefree")
async def test_an_id_with_other_content_is_taken_whether_it_would_be_followed_or_refused(
    scene: Scene, owner: Sender
) -> None:
    one, two = uuid4(), uuid4()
    await sent(scene.session, owner, [(one, c.NoteWrite("one")), (two, c.SessionRename("Two"))])
    taken = await sent(
        scene.session, owner, [(one, c.NoteWrite("other")), (two, c.SessionRename("Two "))]
    )
    assert taken == [Refused(Refusal.COMMAND_ID_TAKEN)] * 2
    taken = await sent(scene.session, owner, [(one, c.SessionRename("Two"))])
    assert taken == [Refused(Refusal.COMMAND_ID_TAKEN)]
    operator = await sender(scene, "op2")
    assert isinstance(
        (await sent(scene.session, operator, [(one, c.NoteWrite("mine"))]))[0], Committed
    )


@pytest.mark.usefixtures("carefree")
async def test_who_may_not_know_a_log_learns_nothing_by_an_id(scene: Scene, owner: Sender) -> None:
    key = uuid4()
    operator = await sender(scene, "op2")
    (first,) = await sent(scene.session, operator, [(key, c.NoteWrite("mine"))])
    assert isinstance(first, Committed)
    await sent(scene.session, owner, [(uuid4(), c.GrantTake(scene["op2"].user, "operator"))])
    for text in ("mine", "other"):
        outcomes = await sent(scene.session, operator, [(key, c.NoteWrite(text))])
        assert outcomes == [Refused(Refusal.NOT_FOUND)]
