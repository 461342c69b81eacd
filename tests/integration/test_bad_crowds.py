"""Too much at once, from one person or one address (B25 to B27): refused by name, and nobody else
notices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress

import httpx
import pytest
import websockets

from collab.core import commands as c
from collab.core import frames
from collab.core.encodings import MSGPACK
from permissions import attempts
from tests.cluster import Cluster, Worker
from tests.estate import sql
from tests.loops import apart
from tests.page import PASSWORD, Page, person, program, refused
from tests.record import lines
from tests.scene import Scene, make_scene
from tests.screens import all_screens_agree
from tests.wire import Wire

TOO_MUCH = (4429, "too_much")
LIMITS = {
    "COHELM_CONNECTIONS_PER_PERSON": "3",
    "COHELM_CONNECTIONS_PER_ADDRESS": "5",
    "COHELM_COMMANDS_A_SECOND": "10",
    "COHELM_SESSIONS_AN_HOUR": "6",
    "COHELM_TRUSTED_PROXIES": "127.0.0.1",
}
AT_ONCE = 25
"""Commands that ten a second let through after a rest."""

MADE = "SELECT status FROM collab_session WHERE workspace_id = %s AND title = 'One of many'"


@pytest.fixture(scope="module")
def strict(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give one worker that lets little through, behind a proxy that it trusts."""
    cluster = Cluster(tmp_path_factory.mktemp("strict"), 1, LIMITS)
    yield cluster.start()
    cluster.stop()


def wire(worker: Worker, scene: Scene, who: str, address: str = "") -> Wire:
    headers = {"X-Forwarded-For": address} if address else {}
    return Wire(worker.ws_url, scene.session, scene[who].token, MSGPACK, **headers)


async def turned_away(tab: Wire) -> None:
    """See that a connection is ended by name, before it has joined."""
    async with tab:
        with suppress(websockets.ConnectionClosed):
            await tab.tell(frames.Join())
        await tab.until(lambda: tab.closed)
        assert (tab.closed, tab.socket.close_reason) == TOO_MUCH
        assert tab.heard == []


async def enters(tab: Wire) -> bool:
    """Say whether a connection is let in."""
    async with tab:
        with suppress(websockets.ConnectionClosed):
            await tab.tell(frames.Join())
        await tab.until(lambda: tab.closed or tab.of(frames.Welcome))
        return tab.closed is None


async def test_a_person_has_so_many_connections_and_no_more(strict: Cluster, scene: Scene) -> None:
    async with AsyncExitStack() as stack:
        tabs = [wire(strict[0], scene, "op1") for _ in range(3)]
        for tab in tabs:
            await stack.enter_async_context(tab)
            await tab.join()
        for _ in range(5):
            await turned_away(wire(strict[0], scene, "op1"))
        assert await enters(wire(strict[0], scene, "op2"))
        assert all(tab.closed is None for tab in tabs)
        await tabs[0].socket.close()
        await tabs[1].do(c.NoteWrite("two are left"))
        assert await enters(wire(strict[0], scene, "op1"))
        await turned_away_after_all(strict, scene, tabs)


async def turned_away_after_all(strict: Cluster, scene: Scene, tabs: list[Wire]) -> None:
    """See that a place that became free is one place."""
    async with wire(strict[0], scene, "op1") as tab:
        await tab.join()
        await turned_away(wire(strict[0], scene, "op1"))
    await all_screens_agree(strict.workers, scene.session, scene["owner"].token, tabs[1], tabs[2])


async def test_an_agent_is_in_as_many_sessions_as_it_has(strict: Cluster, scene: Scene) -> None:
    async with AsyncExitStack() as stack:
        tabs = [
            await stack.enter_async_context(wire(strict[0], scene, "agent"))
            for _ in range(2 * int(LIMITS["COHELM_CONNECTIONS_PER_PERSON"]))
        ]
        for tab in tabs:
            await tab.join()
        assert [tab.closed for tab in tabs] == [None] * len(tabs)


async def test_an_address_has_so_many_connections_whoever_they_are_of(
    strict: Cluster, scene: Scene
) -> None:
    people = ["op1", "op1", "op2", "op2", "owner"]
    async with AsyncExitStack() as stack:
        for who in people:
            tab = await stack.enter_async_context(wire(strict[0], scene, who, "203.0.113.7"))
            await tab.join()
        for who in ("observer", "agent"):
            await turned_away(wire(strict[0], scene, who, "203.0.113.7"))
        assert await enters(wire(strict[0], scene, "observer", "203.0.113.8"))
        assert await enters(wire(strict[0], scene, "observer"))


async def test_an_address_opens_so_many_in_ten_seconds_though_none_stays(
    strict: Cluster, scene: Scene
) -> None:
    begun = time.perf_counter()
    tries = [await enters(wire(strict[0], scene, "op1", "203.0.113.20")) for _ in range(20)]
    assert tries[:5] == [True] * 5
    assert tries.count(True) <= 6 + (time.perf_counter() - begun) / 2
    async with asyncio.timeout(60):
        while not await enters(wire(strict[0], scene, "op1", "203.0.113.20")):
            pass


async def test_without_a_credential_an_address_is_counted_all_the_same(
    strict: Cluster, scene: Scene
) -> None:
    ended = []
    for _ in range(12):
        forwarded = {"X-Forwarded-For": "203.0.113.30"}
        async with Wire(strict[0].ws_url, scene.session, "ck_nobody", MSGPACK, **forwarded) as tab:
            await tab.until(lambda tab=tab: tab.closed)  # type: ignore[misc]
            ended.append(tab.closed)
    assert ended[:5] == [4501] * 5
    assert ended[-1] == 4429


async def test_commands_that_come_too_fast_are_refused_and_not_half_followed(
    strict: Cluster, scene: Scene
) -> None:
    fast, other = wire(strict[0], scene, "op1"), wire(strict[0], scene, "op2")
    async with fast, other:
        await fast.join()
        await other.join()
        begun = time.perf_counter()
        sent = [await fast.send(c.NoteWrite(f"note {number}")) for number in range(100)]
        answers = [await fast.answer(command_id) for command_id in sent]
        earned = 10 * (time.perf_counter() - begun)
        told = [one for one in answers if isinstance(one, frames.RefusalFrame)]
        assert {(one.code, one.retry) for one in told} == {("slow_down", True)}
        assert all(0 < one.details["retry_ms"] <= 101 for one in told)
        assert AT_ONCE <= len(answers) - len(told) <= AT_ONCE + 1 + earned
        await other.do(c.NoteWrite("not held up"))
        record = await lines(scene.session)
        notes = [line for line in record if line.actor == scene["op1"].user]
        followed = [line for line in notes if line.type == "note.written"]
        assert len(followed) == len(answers) - len(told)
        await asyncio.sleep(told[-1].details["retry_ms"] / 1_000)
        again = told[-1].command_id
        assert again is not None
        del fast.answers[again]
        await fast.do(c.NoteWrite("again"), again)
        await all_screens_agree(strict.workers, scene.session, scene["owner"].token, fast, other)


async def test_who_does_not_slow_down_is_sent_away_and_may_come_back(
    strict: Cluster, scene: Scene
) -> None:
    async with wire(strict[0], scene, "op1") as fast, wire(strict[0], scene, "op2") as other:
        await fast.join()
        await other.join()
        begun = time.perf_counter()
        with suppress(websockets.ConnectionClosed):
            while fast.closed is None and time.perf_counter() - begun < 60:
                await fast.send(c.NoteWrite("and again"))
                await asyncio.sleep(0.005)
        await fast.until(lambda: fast.closed)
        assert (fast.closed, fast.socket.close_reason) == TOO_MUCH
        # It may take longer: where the machine stalls, that is a pause.
        assert time.perf_counter() - begun >= 10
        await other.do(c.NoteWrite("still here"))
    assert await enters(wire(strict[0], scene, "op1"))


async def test_over_http_too(strict: Cluster, scene: Scene) -> None:
    path = f"sessions/{scene.session}"

    def hurry() -> list[tuple[int, str]]:
        with program(strict[0].url, scene["owner"].token) as http:
            told = [http.patch(path, json={"title": f"title {n}"}) for n in range(60)]
            told.append(http.get(path))
        return [(one.status_code, one.json().get("code", "")) for one in told]

    *written, read = await apart(hurry)
    assert (429, "slow_down") in written
    assert read[0] == 200


async def test_a_person_opens_so_many_sessions_and_no_half_one(
    strict: Cluster, scene: Scene
) -> None:
    def opening(by: Scene, often: int) -> list[httpx.Response]:
        body = {"workspace_id": str(by.workspace), "title": "One of many"}
        with program(strict[0].url, by["owner"].token) as http:
            return [http.post("sessions", json=body) for _ in range(often)]

    told = await apart(lambda: opening(scene, 10))
    assert [one.status_code for one in told] == [201] * 6 + [429] * 4
    over = told[-1].json()
    assert (over["code"], over["retry"]) == ("slow_down", True)
    assert 540_000 < over["details"]["retry_ms"] <= 600_000
    assert told[-1].headers["retry-after"] == str(over["details"]["retry_ms"] // 1_000)
    assert "many sessions" in over["sentence"]
    made = await apart(lambda: sql(MADE, scene.workspace))
    assert made == [("open",)] * 6
    (other,) = await apart(lambda: opening(make_scene(), 1))
    assert other.status_code == 201


@pytest.mark.usefixtures("database")
def test_sign_ins_that_fail_are_counted_for_an_address_whatever_the_name(
    strict: Cluster,
) -> None:
    user = person()
    for number in range(attempts.ALLOWED_FROM_ONE_PLACE):
        attempts.failed(f"guess {number}", "203.0.113.40")
    body = {"username": user.username, "password": PASSWORD}
    with Page(strict[0].url) as page:
        page.http.headers["X-Forwarded-For"] = "203.0.113.40"
        assert refused(page.post("/api/v1/login", body)) == "too_many_tries"
        page.http.headers["X-Forwarded-For"] = "203.0.113.41"
        assert page.post("/api/v1/login", body).status_code == 200
    sql("DELETE FROM permissions_failedlogin WHERE address = %s", "203.0.113.40")
