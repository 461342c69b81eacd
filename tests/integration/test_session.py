"""Two people and an agent in one session, over real sockets of two processes."""

from __future__ import annotations

from uuid import uuid4

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core.codes import Close
from collab.socket import JOIN_SECONDS
from tests.cluster import Cluster
from tests.scene import Scene, make_scene
from tests.wire import Wire


@pytest.fixture
def scene(database: None) -> Scene:
    return make_scene()


async def test_what_one_says_reaches_the_other_in_another_process(
    cluster: Cluster, scene: Scene
) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    two = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    async with one, two:
        await one.join()
        welcome = await two.join()
        assert welcome.you.name == "op2"
        reply = await one.do(c.PromptQueue("tidy the logs folder"))
        event = await two.event(e.PromptQueued)
        assert event.seq == reply.seq
        assert event.actor == scene["op1"].user
        assert event.body.text == "tidy the logs folder"


async def test_a_run_with_an_approval_from_prompt_to_end(cluster: Cluster, scene: Scene) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    async with one, agent:
        await one.join()
        await agent.join(from_start=True)
        prompt = await one.send(c.PromptQueue("go"))
        await agent.event(e.PromptQueued)
        await agent.do(c.AgentAttach("runner-1"))
        run = uuid4()
        await agent.do(c.RunStart(1, run, (prompt,)))
        asked = e.ApprovalRequest(
            uuid4(), uuid4(), e.AgentRef("ag-ui"), "Delete", e.Action("delete", {"paths": ["a"]})
        )
        await agent.do(c.ApprovalAsk(1, run, (asked,)))
        request = await one.event(e.ApprovalRequested)
        await one.do(
            c.ApprovalDecide(asked.approval_id, "approve", request.body.args_digest, request.seq)
        )
        await agent.event(e.ApprovalDecided)
        await agent.do(c.ApprovalDispatch(1, run, asked.group_id))
        await agent.do(c.ApprovalReport(1, asked.approval_id, "executed"))
        done = await agent.do(c.RunFinish(1, run))
        await one.at(done.seq)
        await agent.at(done.seq)
        assert one.state == agent.state
        assert one.state is not None and one.state.run is None


async def test_an_observer_sees_all_and_may_do_nothing(cluster: Cluster, scene: Scene) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    watching = Wire(cluster[0].ws_url, scene.session, scene["observer"].token)
    async with one, watching:
        await one.join()
        welcome = await watching.join()
        assert welcome.you.permissions == ("view",)
        await one.do(c.NoteWrite("seen"))
        await watching.event(e.NoteWritten)
        assert await watching.refused(c.PromptQueue("no")) == "forbidden"
        assert watching.closed is None


async def test_who_comes_back_gets_what_was_missed_once_and_in_order(
    cluster: Cluster, scene: Scene
) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    two = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    async with one:
        await one.join()
        async with two:
            await two.join()
            await one.do(c.NoteWrite("first"))
            await two.event(e.NoteWritten)
        for number in range(20):
            last = await one.do(c.NoteWrite(f"missed {number}"))
        again = Wire(cluster[0].ws_url, scene.session, scene["op2"].token)
        async with again:
            await again.join(two.cursor)
            await again.at(last.seq)
            texts = [event.body.text for event in again.events]  # type: ignore[union-attr]
            assert texts == [f"missed {number}" for number in range(20)]


async def test_presence_says_what_everyone_may_and_when_that_changes(
    cluster: Cluster, scene: Scene
) -> None:
    owner = Wire(cluster[0].ws_url, scene.session, scene["owner"].token)
    two = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    async with owner, two:
        await owner.join()
        await two.join()

        def may() -> tuple[str, ...]:
            return next((p.permissions for p in owner.people if p.name == "op2"), ())

        assert await owner.until(lambda: "approve" in may())
        await owner.do(c.GrantGive(scene["op2"].user, "observer"))
        await owner.do(c.GrantTake(scene["op2"].user, "operator"))
        assert await owner.until(lambda: may() == ("view",))


async def test_who_never_joins_is_sent_away_and_neighbours_stay(
    cluster: Cluster, scene: Scene
) -> None:
    waiting = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    neighbour = Wire(cluster[0].ws_url, scene.session, scene["op2"].token)
    async with waiting, neighbour:
        welcome = await neighbour.join()
        await waiting.until(lambda: waiting.closed, JOIN_SECONDS + 60)
        assert waiting.closed == Close.NO_JOIN.number
        assert (await neighbour.do(c.NoteWrite("still here"))).seq == welcome.head + 1
