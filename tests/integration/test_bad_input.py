"""The table of bad frames and commands, over real sockets in both encodings: each gets a name and
a sentence, changes nothing, disturbs nobody and leaves no traceback."""

from __future__ import annotations

from uuid import uuid4

import pytest

from collab.core import commands as c
from collab.core import frames
from collab.core.encodings import ENCODINGS, JSON, MSGPACK, Encoding
from collab.core.untrusted import Message
from tests.bad_messages import COMMANDS, FRAMES, Row, cases
from tests.cluster import Cluster
from tests.quiet import Quiet, answers, both, refusal, spoken
from tests.record import head_of
from tests.scene import Scene
from tests.screens import all_screens_agree
from tests.turns import approving, asked, start_run
from tests.wire import Wire


@pytest.mark.parametrize(("row", "message"), [*cases(FRAMES), *cases(COMMANDS)])
async def test_bad_input_is_refused_by_name(quiet: Quiet, row: Row, message: Message) -> None:
    async with quiet.wire(row.who, spoken(message)) as wire:
        await wire.join()
        assert (await refusal(wire, message)).code == row.code
        assert await answers(wire)


every_encoding = pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)


@pytest.mark.parametrize(("encoding", "other"), [(MSGPACK, JSON), (JSON, MSGPACK)])
async def test_a_frame_in_the_other_encoding_is_refused(
    quiet: Quiet, encoding: Encoding, other: Encoding
) -> None:
    async with quiet.wire("op1", encoding) as wire:
        await wire.join()
        assert (await refusal(wire, other.encode(frames.Alive()))).code == "malformed"
        assert await answers(wire)


@every_encoding
async def test_nothing_may_come_before_the_join(quiet: Quiet, encoding: Encoding) -> None:
    async with quiet.wire("op1", encoding) as wire:
        early = encoding.encode(frames.Submit(uuid4(), {"type": "note.write", "text": "x"}))
        assert (await refusal(wire, early)).code == "not_joined"
        await wire.join()
        assert await answers(wire)


@every_encoding
async def test_the_third_frame_that_cannot_be_read_closes_the_socket(
    quiet: Quiet, encoding: Encoding
) -> None:
    async with quiet.wire("op1", encoding) as wire:
        await wire.join()
        for sent in (b"\xc1", "text", both([])[encoding is JSON]):
            await wire.raw(sent)
        await wire.until(lambda: wire.closed)
        assert (wire.closed, wire.socket.close_reason) == (4500, "malformed")
        assert len(wire.of(frames.RefusalFrame)) == 2


async def test_the_same_command_twice_is_one_event_whatever_it_is_written_in(
    cluster: Cluster, scene: Scene
) -> None:
    token, command_id = scene["op1"].token, uuid4()
    one = Wire(cluster[0].ws_url, scene.session, token)
    two = Wire(cluster[1].ws_url, scene.session, token, JSON)
    async with one, two:
        await one.join()
        await two.join()
        first = await one.do(c.NoteWrite("once"), command_id)
        again = await two.do(c.NoteWrite("once"), command_id)
        assert (again.seq, again.replayed, first.replayed) == (first.seq, True, False)
        other = await two.answer(await two.send(c.PromptQueue("other"), uuid4()))
        assert isinstance(other, frames.Reply)
        await one.send(c.NoteWrite("twice"), command_id)
        (taken,) = await one.until(lambda: one.of(frames.RefusalFrame))
        assert (taken.code, taken.command_id) == ("command_id_taken", command_id)
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, one, two)


@every_encoding
async def test_a_second_decision_is_refused_by_name(
    cluster: Cluster, scene: Scene, encoding: Encoding
) -> None:
    one = Wire(cluster[0].ws_url, scene.session, scene["op1"].token, encoding)
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    async with one, agent:
        await one.join()
        await agent.join()
        await agent.do(c.AgentAttach("runner"))
        run, request = await start_run(one, agent, 1), asked({"path": "a"})
        shown = (await agent.do(c.ApprovalAsk(1, run, (request,)))).seq
        assert await one.refused(approving(asked({"path": "b"}), shown)) == "no_approval"
        assert await one.refused(approving(request, shown - 1)) == "changed"
        await one.do(approving(request, shown))
        before = await head_of(scene.session)
        assert await one.refused(approving(request, shown, "reject")) == "already_decided"
        assert await head_of(scene.session) == before
        await all_screens_agree(cluster.workers, scene.session, scene["owner"].token, one, agent)
