"""Appends the textbook way: threads, each with its connection, through Django's ORM."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

from permissions.models import User
from tests.benchmarks.asked import Figures, answer
from tests.benchmarks.textbook.models import Post, Room
from tests.benchmarks.textbook.posting import post
from tests.benchmarks.textbook.rooms import make_room, make_tables, make_users
from tests.benchmarks.timing import TEXT, Watch

SESSIONS = 64


def main() -> None:
    """Make the rooms, then measure whenever asked."""
    make_tables()
    users = make_users(3)
    rooms = [make_room(users) for _ in range(SESSIONS)]

    def measure(sessions: int, at_once: int, seconds: float) -> Figures:
        return busy(rooms[:sessions], users, at_once, seconds)

    answer(measure)


def busy(rooms: list[Room], users: list[User], threads: int, seconds: float) -> Figures:
    """Keep every thread posting, and compare what was posted with what is there."""
    before = reached(rooms)
    ready = Barrier(threads + 1)

    def one(number: int) -> list[float]:
        room, user = rooms[number % len(rooms)], users[number % len(users)]
        try:
            post(user, room, TEXT)  # opens the connection
            ready.wait()
            return keep_posting(user, room, time.perf_counter() + seconds)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        posting = [pool.submit(one, number) for number in range(threads)]
        ready.wait()
        watch = Watch(seconds)
        for each in posting:
            watch.taken.extend(each.result())
    faults = abs(reached(rooms) - before - threads - len(watch.taken))
    return watch.figures(faults=faults)


def keep_posting(user: User, room: Room, end: float) -> list[float]:
    taken = []
    while (begun := time.perf_counter()) < end:
        post(user, room, TEXT)
        taken.append(time.perf_counter() - begun)
    return taken


def reached(rooms: list[Room]) -> int:
    """Count what is there."""
    return Post.objects.filter(room__in=rooms).count()
