"""A way in a process of its own: asked by a line of JSON, it measures and answers with another."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import django

from workspace.children import die_with_parent
from workspace.places import PROJECT

TEXTBOOK = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.textbook.settings"}
"""What a process of the textbook's has in its environment."""

Figures = dict[str, Any]
"""What a way measured, and what it was asked for."""


class Asked:
    """One process that measures when it is asked to, and waits without a stir otherwise."""

    def __init__(self, module: str, environ: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, module],
            cwd=PROJECT,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    def ask(self, **wish: Any) -> Figures:
        """Have it measure; raises RuntimeError where it ended instead."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def ready(self) -> None:
        """Wait until it has made what it needs, so that it disturbs no other's measuring."""
        self._answer()

    def _answer(self) -> Figures:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        figures: Figures = json.loads(line)
        return figures

    def stop(self) -> None:
        """Let it go: the end of its input is its end."""
        self._process.communicate(timeout=30)


def answer(measure: Callable[..., Figures]) -> None:
    """Say that all is made, then answer every line of the input until it ends."""
    _say({})
    for line in sys.stdin:
        _say(measure(**json.loads(line)))


def _say(figures: Figures) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


@contextmanager
def ways(*started: Asked) -> Iterator[None]:
    """Wait until all are ready; let them go at the end."""
    try:
        for way in started:
            way.ready()
        yield
    finally:
        for way in started:
            way.stop()


def main() -> None:
    """Run the way that the command line names, with Django set up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")
    django.setup()
    importlib.import_module(sys.argv[1]).main()


if __name__ == "__main__":
    main()
