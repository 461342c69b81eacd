"""Whoever looks at a session sees what the log says, and a log that was tampered with shows it."""

from __future__ import annotations

from collab.core import commands as c
from collab.core import events as e
from tests.cluster import Cluster
from tests.record import broken_at, lines
from tests.scene import Scene
from tests.screens import all_screens_agree
from tests.turns import emit, start_run, stream, turn
from tests.wire import Wire


async def test_all_screens_agree_on_a_session_with_everything_in_it(
    cluster: Cluster, scene: Scene
) -> None:
    owner = Wire(cluster[0].ws_url, scene.session, scene["owner"].token)
    watching = Wire(cluster[1].ws_url, scene.session, scene["observer"].token)
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    async with owner, watching, agent:
        for wire in (owner, watching, agent):
            await wire.join()
        await agent.do(c.AgentAttach("runner"))
        await turn(owner, agent, 1)
        await owner.do(c.NoteWrite("between us", "operators"))
        await owner.do(c.GrantGive(scene["observer"].user, "commenter"))
        await owner.do(c.SessionRename("Tidied"))
        recalled = await owner.send(c.PromptQueue("no, wait"))
        await owner.do(c.PromptRecall(recalled))
        run = await start_run(owner, agent, 1)
        await stream(agent, 1, run, "unfinished")
        await owner.do(c.RunCancel(run, "enough"))
        await owner.do(c.SessionClose("done"))
        people = (owner, watching, agent)
        token = scene["owner"].token
        record = await all_screens_agree(cluster.workers, scene.session, token, *people)
        assert record[-1].type == "session.closed"


async def test_who_joins_in_the_middle_of_a_sentence_gets_all_of_it(
    cluster: Cluster, scene: Scene
) -> None:
    owner = Wire(cluster[0].ws_url, scene.session, scene["owner"].token)
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    late = Wire(cluster[0].ws_url, scene.session, scene["op2"].token)
    async with owner, agent, late:
        await owner.join()
        await agent.join()
        await agent.do(c.AgentAttach("runner"))
        run = await start_run(owner, agent, 1)
        await stream(agent, 1, run, "m")
        await late.join()
        assert late.state is not None and late.state.run is not None
        assert late.state.run.items["m"].text == "Three files can go."
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, owner, late)
        await emit(agent, 1, run, "m")
        done = await agent.do(c.RunFinish(1, run))
        await late.at(done.seq)
        whole = await late.event(e.OutputEmitted)
        assert whole.body.events[1]["delta"] == "Three files can go."
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, owner, late)


async def test_a_reader_that_wants_no_deltas_has_the_same_state(
    cluster: Cluster, scene: Scene
) -> None:
    owner = Wire(cluster[0].ws_url, scene.session, scene["owner"].token)
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    plain = Wire(cluster[1].ws_url, scene.session, scene["op2"].token)
    async with owner, agent, plain:
        await owner.join()
        await agent.join()
        await plain.join(deltas=False)
        await agent.do(c.AgentAttach("runner"))
        done = await turn(owner, agent, 1)
        await plain.at(done)
        assert not [event for event in plain.events if _is_delta(event)]
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, owner, plain)


def _is_delta(event: object) -> bool:
    return isinstance(event, e.Event) and isinstance(event.body, e.OutputStreamed)


async def test_what_is_changed_in_a_record_shows(scene: Scene) -> None:
    record = await lines(scene.session)
    assert broken_at(scene.session, record) is None
    for place, line in enumerate(record, 1):
        flipped = line.content[:-1] + bytes([line.content[-1] ^ 1])
        changed = [*record[: place - 1], line._replace(content=flipped), *record[place:]]
        assert broken_at(scene.session, changed) == place
    assert broken_at(scene.session, [record[1], record[0], *record[2:]]) == 1
    assert broken_at(scene.session, [*record[:3], *record[4:]]) == 4
    assert broken_at(scene.workspace, record) == 1
