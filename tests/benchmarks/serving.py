"""The servers that are compared: each a process of its own, on the same Postgres and Valkey."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.asked import TEXTBOOK, Asked, ways
from tests.benchmarks.plan import Plan, Run
from tests.cluster import Worker, free_port
from tests.polling import answers, until
from tests.servers import end, run
from workspace.children import Program


class Server(NamedTuple):
    """Where a way answers, and whose processor time it takes."""

    url: str
    pid: int


PRODUCT = os.environ.get("BENCH_APPLICATION", "workspace.asgi:application")
"""What serves ours; a test puts something in between, to see that a loss is noticed."""


@contextmanager
def serving(*names: str) -> Iterator[dict[str, Server]]:
    """Start the servers of these ways, one process each; they end with the block."""
    start = {"ours": ours, "textbook": textbook, "bare": bare}
    with ExitStack() as stack:
        yield {name: start[name](stack) for name in names}


def ours(stack: ExitStack) -> Server:
    """One worker as `up` runs it."""
    return worker(stack, 1, PRODUCT, {})


def textbook(stack: ExitStack) -> Server:
    """The same uvicorn with the textbook's application."""
    return worker(stack, 2, "tests.benchmarks.textbook.asgi:application", TEXTBOOK)


def worker(stack: ExitStack, number: int, application: str, environ: dict[str, str]) -> Server:
    one = Worker(number, environ, log(f"server-{number}"), application)
    one.start()
    stack.callback(one.stop)
    one.wait()
    return Server(one.url, one.pid)


def bare(stack: ExitStack) -> Server:
    """Nothing but sockets."""
    port = free_port()
    argv = (sys.executable, "-m", "tests.benchmarks.bare", str(port))
    program = Program("bare", argv, environ=os.environ)
    process = run(program, log("bare"))
    stack.callback(end, process, program)
    url = f"http://127.0.0.1:{port}"
    until(lambda: answers(f"{url}/healthz"), "the bare server did not start", log("bare"))
    return Server(url, process.pid)


def log(name: str) -> Path:
    return Path(os.environ["COHELM_DATA"]) / f"{name}.log"


class Case(NamedTuple):
    """What is done on how many connections, on which servers."""

    name: str
    kind: str
    readers: int
    servers: Sequence[str]


def measured(plan: Plan, cases: Sequence[Case]) -> Iterator[Run]:
    """Have every way do each case in turn, as often as planned."""
    load = Asked("tests.benchmarks.load", TEXTBOOK)
    names = dict.fromkeys(name for case in cases for name in case.servers)
    with ways(load), serving(*names) as servers:
        for _ in range(plan.runs):
            yield {
                (case.name, name): load.ask(
                    kind=case.kind,
                    way=name,
                    url=servers[name].url,
                    pid=servers[name].pid,
                    readers=case.readers,
                    seconds=plan.seconds,
                )
                for case in cases
                for name in case.servers
            }
