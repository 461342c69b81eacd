"""Pages of large events: limited by size, and nothing is skipped between one and the next."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from collab.core import commands as c
from collab.core import frames
from collab.core.frames import PAGE_LIMIT
from collab.log.store import PAGE_BYTES
from tests.cluster import Cluster
from tests.loops import apart
from tests.page import program
from tests.scene import Scene
from tests.wire import Wire

LONG = "x" * 32_000
NOTES = 80
ONE = 33_000
"""Bytes of one of them at most."""


@pytest.fixture
async def head(cluster: Cluster, scene: Scene) -> int:
    """Write more than two pages hold, and give where the record ends."""
    async with Wire(cluster[0].ws_url, scene.session, scene["op1"].token) as writer:
        await writer.join()
        sent = [await writer.send(c.NoteWrite(LONG)) for _ in range(NOTES // 2)]
        await asyncio.gather(*(writer.answer(command_id) for command_id in sent))
        for _ in range(NOTES // 2):
            last = await writer.do(c.NoteWrite(LONG))
        return last.seq


def size(page: frames.Page) -> int:
    return sum(len(bytes(raw)) for raw in page.events)


async def test_pages_on_a_socket_go_back_to_the_first_event(
    cluster: Cluster, scene: Scene, head: int
) -> None:
    pages: list[frames.Page] = []
    async with Wire(cluster[0].ws_url, scene.session, scene["owner"].token) as reader:
        welcome = await reader.join()
        await reader.at(head)
        assert welcome.first > 1, "the first page is as large as the record"
        before = head + 1
        while not pages or pages[-1].more:
            await reader.tell(frames.Read(len(pages), before, PAGE_LIMIT))
            await reader.until(lambda: len(reader.of(frames.Page)) > len(pages))
            pages.append(reader.of(frames.Page)[-1])
            before = pages[-1].first
    assert len(pages) >= 3
    assert all(size(page) <= PAGE_BYTES + ONE for page in pages)
    seqs = [frames.event_or_stub(raw).seq for page in reversed(pages) for raw in page.events]
    assert seqs == list(range(1, head + 1))


def walked(url: str, token: str, session: Any, head: int) -> list[dict[str, Any]]:
    """Read a record over HTTP from its start, page by page."""
    pages: list[dict[str, Any]] = [{"last": 0, "events": []}]
    with program(url, token) as http:
        while pages[-1]["last"] < head:
            query = f"after={pages[-1]['last']}&limit={PAGE_LIMIT}"
            pages.append(http.get(f"sessions/{session}/events?{query}").json())
    return pages[1:]


async def test_pages_over_http_go_on_to_the_last_event(
    cluster: Cluster, scene: Scene, head: int
) -> None:
    token = scene["owner"].token
    pages = await apart(lambda: walked(cluster[0].url, token, scene.session, head))
    assert len(pages) >= 3
    assert all(len(msgspec.json.encode(page)) <= PAGE_BYTES * 1.2 for page in pages)
    assert [event["seq"] for page in pages for event in page["events"]] == [*range(1, head + 1)]


async def test_who_comes_back_far_behind_misses_nothing(
    cluster: Cluster, scene: Scene, head: int
) -> None:
    async with Wire(cluster[1].ws_url, scene.session, scene["owner"].token) as reader:
        await reader.join(from_start=True)
        await reader.at(head)
        assert [event.seq for event in reader.events] == [*range(1, head + 1)]
