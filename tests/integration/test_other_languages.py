"""A client in another language, written from the protocol's page, works against real workers."""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from collab.core import commands as c
from collab.core import events as e
from collab.core.encodings import ENCODINGS, Encoding
from tests.cluster import Cluster
from tests.proxy import Proxy
from tests.scene import Scene
from tests.screens import all_screens_agree
from tests.turns import asked, emit, stream
from tests.wire import PATIENCE, Wire
from workspace import frontend
from workspace.places import PROJECT

CLIENT = PROJECT / "docs" / "protocol" / "examples" / "client.mjs"
MSGPACK = Path("node_modules") / "@msgpack" / "msgpack"

every_encoding = pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of the client's own, with what `npm install` would bring."""
    made = tmp_path_factory.mktemp("node")
    shutil.copy(CLIENT, made)
    shutil.copytree(frontend.FOLDER / MSGPACK, made / MSGPACK)
    return made


class Client:
    """A process of Node's, and what it printed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.seqs: list[int] = []
        self.types: list[str] = []

    async def until(self, type: str) -> None:
        """Read until an event of a type was printed."""
        assert self.process.stdout
        while type not in self.types:
            line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
            assert line, await self.complaint()
            seq, name = line.decode().split()
            self.seqs.append(int(seq))
            self.types.append(name)

    async def complaint(self) -> str:
        assert self.process.stderr
        return (await self.process.stderr.read()).decode()


@asynccontextmanager
async def client(
    folder: Path, url: str, scene: Scene, token: str, encoding: Encoding
) -> AsyncIterator[Client]:
    """Run the client with a prompt."""
    node = frontend.find_node()
    assert node is not None, "there is no Node; `manage.py test` brings one"
    name = encoding.subprotocol.rpartition(".")[2]
    argv = (node.folder / "node", "client.mjs", url, str(scene.session), "tidy up", name)
    environ = node.environ() | {"COHELM_TOKEN": token}
    process = await asyncio.create_subprocess_exec(
        *argv, cwd=folder, env=environ, stdout=PIPE, stderr=PIPE
    )
    try:
        yield Client(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@every_encoding
async def test_it_joins_prompts_approves_and_resumes_after_a_cut(
    cluster: Cluster, scene: Scene, folder: Path, encoding: Encoding
) -> None:
    agent = Wire(cluster[1].ws_url, scene.session, scene["agent"].token)
    network = Proxy("127.0.0.1", cluster[0].port)
    async with agent, network:
        await agent.join()
        await agent.do(c.AgentAttach("scripted"))
        token = scene["op1"].token
        async with client(folder, network.url, scene, token, encoding) as node:
            queued = await agent.event(e.PromptQueued)
            assert queued.actor == scene["op1"].user
            run = queued.body.prompt_id
            await agent.do(c.RunStart(1, run, (queued.body.prompt_id,)))
            await stream(agent, 1, run, "m")
            await node.until("output.streamed")
            network.stall()  # what comes now is not heard, and the answer to it not sent
            await emit(agent, 1, run, "m")
            request = asked({"paths": ["a.log"]})
            await agent.do(c.ApprovalAsk(1, run, (request,)))
            network.cut()
            network.heal()
            decided = await agent.event(e.ApprovalDecided)
            assert (decided.actor, decided.body.decision) == (scene["op1"].user, "approve")
            network.cut()
            await agent.do(c.ApprovalDispatch(1, run, request.group_id))
            await agent.do(c.ApprovalReport(1, request.approval_id, "executed"))
            await agent.do(c.RunFinish(1, run))
            await node.until("run.finished")
            assert await asyncio.wait_for(node.process.wait(), PATIENCE) == 0
            assert await node.complaint() == ""
            assert node.seqs == sorted(set(node.seqs)), "an event came twice, or out of order"
        record = await all_screens_agree(
            cluster.workers, scene.session, scene["owner"].token, agent
        )
        missing = {line.seq for line in record if not line.passing} - set(node.seqs)
        assert missing == set(), "an event never came"
        assert [line.type for line in record].count("prompt.queued") == 1
        assert [line.type for line in record].count("approval.decided") == 1


@every_encoding
async def test_it_stays_away_when_it_is_told_to(
    cluster: Cluster, scene: Scene, folder: Path, encoding: Encoding
) -> None:
    async with client(folder, cluster[0].url, scene, "ck_none", encoding) as node:
        assert await asyncio.wait_for(node.process.wait(), PATIENCE) == 1
        assert await node.complaint() == "4501 not_signed_in\n"
