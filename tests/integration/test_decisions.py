"""Two people decide at once: one decision, and the other is told who won."""

from __future__ import annotations

import asyncio
from collections import Counter

from collab.core import commands as c
from collab.core import events as e
from collab.core import frames
from tests.cluster import Cluster
from tests.figures import figure
from tests.scene import Scene
from tests.screens import all_screens_agree
from tests.turns import approving, asked, start_run
from tests.wire import Wire

ROUNDS = 50


async def both(
    one: Wire, two: Wire, request: e.ApprovalRequest, shown: int
) -> list[frames.Reply | frames.RefusalFrame]:
    """Write two decisions on two sockets before either answer is read."""
    wishes = [
        (one, approving(request, shown, "approve")),
        (two, approving(request, shown, "reject")),
    ]
    if request.approval_id.int % 2:
        wishes.reverse()
    sent = {wire: await wire.send(wish) for wire, wish in wishes}
    return list(await asyncio.gather(one.answer(sent[one]), two.answer(sent[two])))


async def test_of_two_decisions_at_once_one_counts_and_the_other_is_told_who_won(
    cluster: Cluster, scene: Scene
) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    two = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    people = [scene["op1"], scene["op2"]]
    wins: Counter[str] = Counter()
    async with one, two, agent:
        for wire in (one, two, agent):
            await wire.join()
        await agent.do(c.AgentAttach("runner"))
        run = await start_run(one, agent, 1)
        requests = [asked({"path": f"{number}.log"}) for number in range(ROUNDS)]
        for request in requests:
            asking = await agent.do(c.ApprovalAsk(1, run, (request,)))
            answers = await both(one, two, request, asking.seq)
            won, lost = sorted(answers, key=lambda answer: isinstance(answer, frames.RefusalFrame))
            assert isinstance(won, frames.Reply)
            assert isinstance(lost, frames.RefusalFrame)
            winner = people[answers.index(won)]
            assert (lost.code, lost.retry) == ("already_decided", False)
            assert lost.details["by"] == str(winner.user)
            assert lost.details["name"] == winner.name
            assert lost.details["seq"] == won.seq
            assert lost.details["decision"] == ("approve", "reject")[answers.index(won)]
            wins[winner.name] += 1
        token = scene["owner"].token
        record = await all_screens_agree(cluster.workers, scene.session, token, one, two, agent)
    decided = [line.event.body for line in record if line.type == "approval.decided"]
    assert [body.approval_id for body in decided] == [r.approval_id for r in requests]  # type: ignore[union-attr]
    figure("two decisions at once", f"{ROUNDS} times one decision; won by {dict(wins)}")


async def test_a_decision_is_bound_to_what_was_shown(cluster: Cluster, scene: Scene) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token)
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    async with one, agent:
        await one.join()
        await agent.join()
        await agent.do(c.AgentAttach("runner"))
        run = await start_run(one, agent, 1)
        request, other = asked({"path": "a"}), asked({"path": "b"})
        shown = (await agent.do(c.ApprovalAsk(1, run, (request,)))).seq
        digest = approving(other, shown).args_digest
        wish = c.ApprovalDecide(request.approval_id, "approve", digest, shown)
        assert await one.refused(wish) == "changed"
        assert await one.refused(approving(request, shown - 1)) == "changed"
        assert await one.refused(approving(request, shown + 9)) == "invalid"
        assert await one.refused(approving(other, shown)) == "no_approval"
        assert await agent.refused(approving(request, shown)) == "wrong_kind"
        await one.do(approving(request, shown))
        assert await one.refused(approving(request, shown)) == "already_decided"
        await agent.do(c.ApprovalDispatch(1, run, request.group_id))
        await agent.do(c.ApprovalReport(1, request.approval_id, "executed"))
        assert await one.refused(approving(request, shown, "reject")) == "already_decided"
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, one, agent)
