"""The Python SDK over real sockets: every event once, in order, whatever the connection does."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from collab.agents.client import Beginning, CommandRefused, Session, StayAway, join, session_url
from collab.core import commands as c
from collab.core import events as e
from collab.core.events import Event
from permissions import tokens
from tests import loops
from tests.cluster import Cluster
from tests.conftest import MakeCluster
from tests.scene import Scene

FROM_START = Beginning(from_start=True)


async def events_until(session: Session, last: int) -> list[Event]:
    """Iterate up to a seq."""
    found = []
    async with asyncio.timeout(120):
        async for event in session:
            found.append(event)
            if event.seq >= last:
                break
    return found


async def test_who_joins_gets_the_events_and_the_state(cluster: Cluster, scene: Scene) -> None:
    url = session_url(cluster[0].url, scene.session)
    async with join(url, scene["op1"].token, begin=FROM_START) as session:
        reply = await session.submit(c.NoteWrite("hello"))
        found = await events_until(session, reply.seq)
        assert [event.seq for event in found] == list(range(1, reply.seq + 1))
        assert session.state.seq == reply.seq
        assert session.state.status == "open"
        assert session.welcome is not None
        assert session.welcome.you.name == "op1"


async def test_the_last_page_comes_with_the_state(cluster: Cluster, scene: Scene) -> None:
    url = session_url(cluster[0].url, scene.session)
    async with join(url, scene["op1"].token) as session:
        reply = await session.submit(c.NoteWrite("hello"))
        await events_until(session, reply.seq)
        assert session.state.title == "Tidy up"


async def test_the_same_id_again_gives_the_same_place(cluster: Cluster, scene: Scene) -> None:
    url = session_url(cluster[0].url, scene.session)
    async with join(url, scene["op1"].token) as session:
        key, note = uuid4(), c.NoteWrite("once")
        first = await session.submit(note, key)
        again = await session.submit(note, key)
        assert (again.seq, again.replayed) == (first.seq, True)


async def test_a_refusal_is_an_exception_with_its_code(cluster: Cluster, scene: Scene) -> None:
    url = session_url(cluster[0].url, scene.session)
    async with join(url, scene["observer"].token) as session:
        with pytest.raises(CommandRefused) as refused:
            await session.submit(c.PromptQueue("no"))
        assert (refused.value.code, refused.value.retry) == ("forbidden", False)
        assert refused.value.sentence


async def test_what_no_frame_can_carry_is_refused_before_it_is_sent(
    cluster: Cluster, scene: Scene
) -> None:
    url = session_url(cluster[0].url, scene.session)
    async with join(url, scene["op1"].token) as session:
        for text, code in (("a\0b", "invalid_text"), ("x" * 70_000, "too_large")):
            with pytest.raises(CommandRefused) as refused:
                await session.submit(c.NoteWrite(text))
            assert refused.value.code == code
        await session.submit(c.NoteWrite("the connection lives"))


async def test_a_wrong_token_is_told_to_stay_away(cluster: Cluster, scene: Scene) -> None:
    with pytest.raises(StayAway) as refused:
        async with join(session_url(cluster[0].url, scene.session), "ck_nonsense"):
            pass
    assert refused.value.code == 4501


async def test_a_session_that_is_not_ours_is_told_to_stay_away(
    cluster: Cluster, scene: Scene
) -> None:
    with pytest.raises(StayAway) as refused:
        async with join(session_url(cluster[0].url, uuid4()), scene["op1"].token):
            pass
    assert refused.value.code == 4504


async def _noted(
    session: Session, texts: list[str], between: Callable[[], Awaitable[None]]
) -> list[Event]:
    """Write notes with something happening in the middle, and give all events seen."""
    half = len(texts) // 2
    for text in texts[:half]:
        await session.submit(c.NoteWrite(text))
    writing = [asyncio.create_task(session.submit(c.NoteWrite(text))) for text in texts[half:]]
    await between()
    replies = await asyncio.gather(*writing)
    return await events_until(session, max(reply.seq for reply in replies))


def _notes(found: list[Event]) -> list[str]:
    return sorted(event.body.text for event in found if isinstance(event.body, e.NoteWritten))


async def test_a_server_that_dies_costs_nothing_but_time(
    make_cluster: MakeCluster, scene: Scene
) -> None:
    cluster = make_cluster(1)

    async def die() -> None:
        cluster[0].kill()
        await asyncio.to_thread(cluster[0].restart)

    texts = [f"note {number:02}" for number in range(20)]
    url = session_url(cluster[0].url, scene.session)
    async with join(url, scene["op1"].token, begin=FROM_START) as session:
        found = await _noted(session, texts, die)
        assert [event.seq for event in found] == list(range(1, len(found) + 1))
        assert _notes(found) == texts


async def test_a_cursor_goes_on_where_the_last_program_stopped(
    cluster: Cluster, scene: Scene
) -> None:
    url = session_url(cluster[0].url, scene.session)
    async with join(url, scene["op1"].token, begin=FROM_START) as session:
        reply = await session.submit(c.NoteWrite("before"))
        await events_until(session, reply.seq)
        assert session.cursor is not None
        cursor = session.cursor
    async with join(url, scene["op1"].token, begin=Beginning(cursor)) as session:
        reply = await session.submit(c.NoteWrite("after"))
        found = await events_until(session, reply.seq)
        assert [event.seq for event in found] == list(range(cursor.seq + 1, reply.seq + 1))


async def test_a_new_token_is_taken_without_a_gap(cluster: Cluster, scene: Scene) -> None:
    url = session_url(cluster[0].url, scene.session)
    async with join(url, scene["op1"].token, begin=FROM_START) as session:
        await session.submit(c.NoteWrite("with the old one"))
        await session.use_token(scene["op2"].token)
        async with asyncio.timeout(60):
            while session.welcome is None or session.welcome.you.name != "op2":
                reply = await session.submit(c.NoteWrite("with either"))
        found = await events_until(session, reply.seq)
        assert [event.seq for event in found] == list(range(1, reply.seq + 1))


async def test_a_token_that_is_revoked_ends_the_session(cluster: Cluster, scene: Scene) -> None:
    url = session_url(cluster[0].url, scene.session)
    key, _ = tokens.parse(scene["observer"].token) or pytest.fail("no token")
    async with join(url, scene["observer"].token) as session:
        await loops.apart(lambda: tokens.revoke(key))
        with pytest.raises(StayAway):
            await events_until(session, 10**9)
