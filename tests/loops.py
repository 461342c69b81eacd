"""Runs a coroutine in a loop of its own, from a test that has one or has none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

from collab import hubs, submit

T = TypeVar("T")


async def apart(work: Callable[[], T]) -> T:
    """Run what uses the ORM in a thread, since a loop may not, and leave no connection open."""

    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


def alone(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a thread's own loop, and close what the loop opened."""
    found: list[T] = []
    failed: list[BaseException] = []

    async def whole() -> T:
        try:
            return await work
        finally:
            await submit.close()
            await hubs.shutdown()
            # The ORM's thread would go on with a connection that a test may have ended.
            await sync_to_async(connections.close_all)()

    def run() -> None:
        try:
            found.append(asyncio.run(whole()))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]
