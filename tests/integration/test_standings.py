"""How sessions stand: a list tells what waits for people, without folding whole logs."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from django.conf import settings

from collab.core import commands as c
from collab.core.standing import Standing, standing
from collab.log import pool, standings, store
from collab.submit import sender_of, submit
from permissions import credentials
from tests import loops
from tests.cluster import Cluster
from tests.estate import Estate, sql
from tests.figures import figure
from tests.page import program
from tests.scene import Scene, make_scene
from tests.turns import approving, asked, start_run
from tests.wire import Wire


def stands(http: httpx.Client, session: UUID) -> dict[str, Any]:
    """Look at a session's line in the list, and at its own page, which must agree."""
    listed = http.get("sessions").json()["sessions"]
    row = next(row for row in listed if row["id"] == str(session))
    assert http.get(f"sessions/{session}").json() == row
    found: dict[str, Any] = row["standing"]
    return found


async def test_the_list_tells_what_waits_at_each_step_of_a_run(
    cluster: Cluster, scene: Scene
) -> None:
    url, session = cluster[0].ws_url, scene.session
    observer = program(cluster[1].url, scene["observer"].token)
    person, agent = (Wire(url, session, scene[name].token) for name in ("owner", "agent"))

    async def now() -> dict[str, Any]:
        return await asyncio.to_thread(stands, observer, session)

    with observer:
        async with person, agent:
            await person.join()
            await agent.join()
            resting = {
                "approvals": 0,
                "unknown_outcomes": 0,
                "queued": 0,
                "run_since": None,
                "last_run": None,
                "served": False,
            }
            assert await now() == resting
            await person.do(c.PromptQueue("waits for nobody"))
            assert await now() == resting | {"queued": 1}
            await agent.do(c.AgentAttach("runner"))
            assert await now() == resting | {"queued": 1, "served": True}
            before = time.time() * 1e6
            run = await start_run(person, agent, 1)
            first, second = (asked({"paths": [name]}) for name in ("a.log", "b.log"))
            asking = await agent.do(c.ApprovalAsk(1, run, (first,)))
            await agent.do(c.ApprovalAsk(1, run, (second,)))
            waiting = await now()
            assert (waiting["approvals"], waiting["unknown_outcomes"]) == (2, 0)
            assert before - 1e6 < waiting["run_since"] <= time.time() * 1e6
            await person.do(approving(first, asking.seq))
            assert (await now())["approvals"] == 1
            await agent.do(c.ApprovalDispatch(1, run, first.group_id))
            await agent.do(c.ApprovalReport(1, first.approval_id, "unknown"))
            assert (await now())["unknown_outcomes"] == 1
            await person.do(c.ApprovalSettle(first.approval_id, "executed"))
            await person.do(c.RunCancel(run, "enough"))
            ended = resting | {"queued": 1, "served": True, "last_run": "cancelled"}
            assert await now() == ended
            await person.do(c.SessionClose("done"))
            assert await now() == ended | {"queued": 0}


async def noted(scene: Scene, count: int) -> None:
    """Write notes at full speed."""
    async with (await pool.shared()).connection() as conn:
        identity = await credentials.by_token(conn, scene["op1"].token)
    assert identity is not None
    sender = sender_of(identity)
    for _ in range(0, count, 100):
        await asyncio.gather(
            *(submit(scene.session, sender, uuid4(), c.NoteWrite("a line")) for _ in range(100))
        )


async def looked(*logs: UUID) -> tuple[dict[UUID, Standing], dict[UUID, Standing]]:
    """Give how sessions stand, and what the folds of their whole logs say."""
    async with (await pool.shared()).connection() as conn:
        found = await standings.standings(conn, logs)
        heads = await store.heads(conn, logs)
        folded = {head.log: standing(await store.load(conn, head.log, head.seq)) for head in heads}
    return found, folded


def test_what_waited_before_a_snapshot_still_waits_after_it(database: None) -> None:
    scene, other = make_scene(), make_scene()

    async def write() -> Any:
        async with (await pool.shared()).connection() as conn:
            identity = await credentials.by_token(conn, scene["op1"].token)
        assert identity is not None
        sender = sender_of(identity)
        await submit(scene.session, sender, uuid4(), c.PromptQueue("before"))
        await noted(scene, 2 * store.SNAPSHOT_EVERY)
        await submit(scene.session, sender, uuid4(), c.PromptQueue("after"))
        return await looked(scene.session, other.session)

    found, folded = loops.alone(write())
    kept = sql("SELECT count(*) FROM collab_snapshot WHERE log = %s", scene.session)
    assert kept[0][0] > 0
    assert found == folded
    assert found[scene.session].queued == 2
    assert found[other.session] == Standing()


def test_a_session_without_a_log_stands_at_nothing(database: None) -> None:
    estate = Estate()
    found, _ = loops.alone(looked(estate.session.id, uuid4()))
    assert set(found.values()) <= {Standing()}


def test_a_log_that_nothing_was_added_to_is_not_read_again(database: None) -> None:
    scene = make_scene()

    async def look(conn: Any) -> tuple[Standing, float]:
        began = time.perf_counter()
        found = await standings.standings(conn, [scene.session])
        return found[scene.session], (time.perf_counter() - began) * 1e3

    async def twice() -> list[tuple[Standing, float]]:
        await noted(scene, store.SNAPSHOT_EVERY - 100)
        async with (await pool.shared()).connection() as conn:
            first = await look(conn)
            await conn.execute("SET LOCAL statement_timeout = '2s'")
            with psycopg.connect(settings.LOG_OWNER_DSN) as other:
                other.execute("LOCK TABLE collab_event, collab_snapshot IN ACCESS EXCLUSIVE MODE")
                return [first, await look(conn)]

    (first, slow), (again, quick) = loops.alone(twice())
    assert first == again == Standing()
    figure(
        "how a session of 900 notes stands: read, and read again, ms", f"{slow:.1f}, {quick:.1f}"
    )
