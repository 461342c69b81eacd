"""A long conversation with an agent that is not ours: no turn costs much more than the first."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from statistics import median

from collab.agents.history import History
from collab.core import events as e
from tests.cluster import Cluster
from tests.desk import Desk, Room, Runners
from tests.figures import figure, seconds
from tests.record import Line, lines
from tests.seats import Seat
from tests.strangers.langgraph_agent import langgraph_agent

TURNS = 200
EDGE = 40
"""Turns at either end whose medians are compared."""


async def test_two_hundred_turns_are_told_from_the_log_and_none_gets_slow(
    cluster: Cluster, seat: Seat, runners: Runners, room: Room, tmp_path: Path
) -> None:
    record = tmp_path / "record"
    with langgraph_agent(tmp_path) as agent:
        scene = await seat(agent.url)
        first = runners.start(cluster[1].url, COHELM_RECORD=str(record))
        one = await room.desk(cluster[0].url, scene)
        await converse(one, 5)
        small = resident(first.pid)
        took = await converse(one, TURNS - 5)
        grown = resident(first.pid) - small
        log = await lines(scene.session)
        last = max((record / str(scene.session)).glob("*.json"))
        answered = sum(file.stat().st_size for file in last.parent.glob("*.sse"))
        told = json.loads(last.read_text())["messages"]

        first.terminate()
        first.wait()
        runners.start(cluster[1].url)
        await one.ask("are you still there?")
        await one.event(e.RunFinished, log[-1].seq)
    assert len(one.all(e.AgentAttached)) == 2
    assert f"That was request {TURNS + 1} of this conversation." in one.said()

    assert len(told) == 2 * TURNS - 1
    assert told == remembered(log).messages()[:-1]
    begun = time.monotonic()
    late_comer = await room.desk(cluster[1].url, scene)
    await late_comer.event(e.AgentAttached, log[-1].seq)
    read = time.monotonic() - begun
    early, late = median(took[:EDGE]), median(took[-EDGE:])
    before, after = size(log, 0, TURNS // 2), size(log, TURNS // 2, TURNS)
    figure(f"{TURNS} turns with LangGraph", f"{seconds(took)}")
    figure("first and last turns", f"median {early * 1e3:.0f} and {late * 1e3:.0f} ms")
    figure("log of the two halves", f"{before / 1e3:.0f} and {after / 1e3:.0f} kB")
    figure("the agent's answers", f"{answered / 1e3:.0f} kB, with what they repeat")
    memory = f"{small / 1e6:.0f} MB and {grown / 1e6:.1f} more"
    figure("runner", f"holds {memory}; a new one reads all in {read * 1e3:.0f} ms")
    assert late < 3 * early + 0.1
    assert after < 2 * before
    assert grown < 30e6


async def converse(one: Desk, turns: int) -> list[float]:
    """Ask and wait for the end of the answer; give the seconds of each turn."""
    took = []
    for number in range(turns):
        begun = time.monotonic()
        seq = await one.ask(f"tell me about file number {number}")
        await one.event(e.RunFinished, seq)
        took.append(time.monotonic() - begun)
    return took


def resident(pid: int) -> int:
    """Give the bytes that a process holds in memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def remembered(log: list[Line]) -> History:
    history = History()
    for line in log:
        history.apply(line.event)
    return history


def size(log: list[Line], first: int, last: int) -> int:
    """Give the bytes of some turns of a log, with what passes."""
    ends = [0, *(place for place, line in enumerate(log) if line.type == "run.finished")]
    return sum(len(line.content) for line in log[ends[first] : ends[last]])
