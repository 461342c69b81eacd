"""The demo agent as a process: AG-UI over HTTP, with real files behind it."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from collab.agents import agui, approvals
from collab.agents.agui import Address, Limits
from collab.agents.failures import AgentFailure
from collab.agents.gather import Gatherer
from collab.agents.history import History
from collab.core import events as e
from tests.agent_processes import AgentProcess, demo_agent
from tests.cluster import free_port
from tests.polling import runs, until

OLD = ["gateway-debug.log", "orders.log.3", "orders.log.4", "worker.log.2"]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    with demo_agent(tmp_path) as running:
        yield running


class Talk:
    """A conversation with an agent as a runner has it, without a log behind it."""

    def __init__(self, address: Address) -> None:
        self.address, self.run, self.group = address, uuid4(), uuid4()
        self.history = History()
        self._seq = 0

    async def ask(self, text: str) -> dict[str, Any]:
        prompt = uuid4()
        self._tell(e.PromptQueued(prompt, text))
        self._tell(e.RunStarted(self.run, (prompt,)))
        return await self.post()

    async def post(self, resume: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """POST, keep what comes in the history, and give the last event."""
        body = agui.run_input("t", str(uuid4()), self.history.messages(), resume)
        gatherer, last = Gatherer(), dict[str, Any]()
        async with agui.client(Limits()) as http:
            async for event in agui.answer(http, self.address, body, Limits()):
                gatherer.add(event, 0.0)
                last = event
        for output in gatherer.take():
            if not output.passing:
                self._tell(e.OutputEmitted(self.run, tuple(output.events)))
        return last

    async def answer(self, end: dict[str, Any], *decisions: tuple[str, Any]) -> dict[str, Any]:
        """Decide the requests that ended a run, and give the end of the next."""
        asked = approvals.requests(
            end["outcome"]["interrupts"], self.history.calls, "r", self.group
        )
        answers = []
        for request, (decision, value) in zip(asked, decisions, strict=True):
            decided = e.ApprovalDecided(
                request.approval_id,
                decision,  # type: ignore[arg-type]  # a literal in each test
                "",
                0,
                args=value if decision == "approve_edited" else None,
                reason=value if decision == "reject" else "",
            )
            answers.append(approvals.resume(request, decided))
        return await self.post(answers)

    @property
    def said(self) -> str:
        """Give the last text."""
        texts = [m for m in self.history.messages() if m["role"] == "assistant" and "content" in m]
        return str(texts[-1]["content"])

    def _tell(self, body: e.Body) -> None:
        self._seq += 1
        self.history.apply(e.Event(self._seq, body.type, 0, body))


@pytest.fixture
def talk(agent: AgentProcess) -> Talk:
    return Talk(Address(agent.url))


def logs(agent: AgentProcess) -> set[str]:
    return {entry.name for entry in (agent.folder / "logs").iterdir()}


async def test_it_proposes_first_and_deletes_nothing(agent: AgentProcess, talk: Talk) -> None:
    end = await talk.ask("tidy the logs folder")
    assert end["outcome"]["type"] == "interrupt"
    assert talk.history.messages()[-1]["toolCalls"][0]["function"]["name"] == "delete_files"
    assert logs(agent) >= set(OLD)
    assert agent.calls("delete_files") == []


async def test_approved_it_deletes_once_and_says_so(agent: AgentProcess, talk: Talk) -> None:
    end = await talk.answer(await talk.ask("tidy the logs folder"), ("approve", None))
    assert end["outcome"]["type"] == "success"
    assert not logs(agent) & set(OLD)
    assert agent.calls("delete_files") == [{"paths": [f"logs/{name}" for name in OLD]}]
    assert talk.said.startswith("Done. I deleted logs/gateway-debug.log")


async def test_edited_arguments_are_what_runs(agent: AgentProcess, talk: Talk) -> None:
    edited = {"paths": ["logs/worker.log.2"]}
    await talk.answer(await talk.ask("tidy the logs folder"), ("approve_edited", edited))
    assert agent.calls("delete_files") == [edited]
    assert logs(agent) & set(OLD) == set(OLD) - {"worker.log.2"}
    assert "The approval changed my list" in talk.said


async def test_rejected_it_does_nothing_and_repeats_the_reason(
    agent: AgentProcess, talk: Talk
) -> None:
    await talk.answer(await talk.ask("tidy the logs folder"), ("reject", "Not today."))
    assert agent.calls("delete_files") == []
    assert "Not today." in talk.said


async def test_two_requests_are_answered_together(agent: AgentProcess, talk: Talk) -> None:
    end = await talk.ask("write hello to notes/a.txt and delete logs/worker.log.2")
    await talk.answer(end, ("approve", None), ("reject", "keep it"))
    assert (agent.folder / "notes" / "a.txt").read_text() == "hello\n"
    assert "worker.log.2" in logs(agent)


async def test_arguments_that_do_not_fit_are_told_and_run_nothing(
    agent: AgentProcess, talk: Talk
) -> None:
    end = await talk.ask("delete logs/worker.log.2")
    await talk.answer(end, ("approve_edited", {"paths": "logs/worker.log.2", "force": True}))
    assert agent.calls("delete_files") == []
    assert talk.said.startswith("That did not work.")


async def test_the_next_request_knows_what_was_said_before(talk: Talk) -> None:
    await talk.ask("read notes/handover.md")
    await talk.ask("list notes")
    assert "notes holds one file" in talk.said


async def test_a_program_runs_after_its_approval(agent: AgentProcess, talk: Talk) -> None:
    await talk.answer(await talk.ask("run wc -l logs/audit.log"), ("approve", None))
    assert "120 logs/audit.log" in talk.said


async def test_a_secret_header_is_demanded(tmp_path: Path) -> None:
    with demo_agent(tmp_path, "--require-header", "X-Key: hunter2") as agent:
        for headers in ({}, {"X-Key": "hunter3"}):
            with pytest.raises(AgentFailure) as failed:
                await Talk(Address(agent.url, headers)).ask("hello")
            assert failed.value.reason == "refused"
        end = await Talk(Address(agent.url, {"X-Key": "hunter2"})).ask("hello")
        assert end["outcome"]["type"] == "success"


async def test_a_probe_says_in_a_sentence_what_it_found(agent: AgentProcess) -> None:
    found = await agui.probe(agui.Address(agent.url))
    assert found.ok
    assert found.events[0] == "RUN_STARTED"
    lost = await agui.probe(agui.Address("http://127.0.0.1:9/"))
    assert (lost.ok, lost.sentence.split(".")[0]) == (False, "The agent could not be reached")


def completion(**delta: Any) -> bytes:
    chunk = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


CALL = {
    "index": 0,
    "id": "c1",
    "type": "function",
    "function": {"name": "delete_files", "arguments": '{"paths": ["logs/worker.log.2"]}'},
}


async def complete(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a model behind an OpenAI-compatible address does: first a call, then a sentence."""
    head = await reader.readuntil(b"\r\n\r\n")
    [length] = re.findall(rb"content-length: (\d+)", head.lower())
    asked = json.loads(await reader.readexactly(int(length)))
    assert b"authorization: bearer secret" in head.lower()
    answered = asked["messages"][-1]["role"] == "tool"
    said = completion(content="I deleted it.") if answered else completion(tool_calls=[CALL])
    stream = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    writer.write(stream + said + b"data: [DONE]\n\n")
    await writer.drain()
    writer.close()


async def test_any_model_with_an_openai_address_may_stand_behind_it(tmp_path: Path) -> None:
    server = await asyncio.start_server(complete, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    model = {"COHELM_MODEL_URL": f"http://127.0.0.1:{port}/v1", "COHELM_MODEL_KEY": "secret"}
    with demo_agent(tmp_path, environ=os.environ | model) as agent:
        talk = Talk(Address(agent.url))
        await talk.answer(await talk.ask("please get rid of worker.log.2"), ("approve", None))
        assert agent.calls("delete_files") == [{"paths": ["logs/worker.log.2"]}]
        assert talk.said == "I deleted it."
    server.close()


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "collab.agents.demo", *sys.argv[1:]])
print(child.pid, flush=True)
child.wait()
"""


@contextmanager
def child_of_another(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Have a process start the agent; give that process, and the agent's number."""
    argv = [sys.executable, "-c", PARENT, "--folder", str(folder / "scratch"), *flags]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            yield parent, child
        finally:
            parent.kill()
            if runs(child):
                os.kill(child, signal.SIGKILL)


def ends_with(parent: subprocess.Popen[bytes], child: int) -> None:
    """Kill the parent; the agent, which looks twice a second, is to notice."""
    parent.kill()
    parent.wait()
    until(lambda: not runs(child), "the agent outlived its parent", seconds=60)


def loads(pid: int) -> bool:
    """Say whether a process has begun to load what the agent is made of, which takes long."""
    return "pydantic_core" in Path(f"/proc/{pid}/maps").read_text()


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    with child_of_another(tmp_path, "--port-file", str(tmp_path / "port")) as (parent, child):
        until((tmp_path / "port").exists, "the agent did not start")
        ends_with(parent, child)


def test_it_ends_with_a_parent_that_is_gone_before_it_serves(tmp_path: Path) -> None:
    port = free_port()
    flags = ["--port", str(port), "--port-file", str(tmp_path / "port")]
    os.mkfifo(tmp_path / "port.new")
    with child_of_another(tmp_path, *flags) as (parent, child):
        until(lambda: takes(port), "the agent did not start")
        parent.kill()
        parent.wait()
        # The agent stands still where it writes its port, until somebody reads that.
        assert int((tmp_path / "port.new").read_text()) == port
        ends_with(parent, child)


def test_it_ends_with_a_parent_that_is_gone_while_it_loads(tmp_path: Path) -> None:
    with child_of_another(tmp_path) as (parent, child):
        until(lambda: loads(child), "the agent did not begin to load")
        ends_with(parent, child)


def takes(port: int) -> bool:
    """Say whether somebody takes connections at a port."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
