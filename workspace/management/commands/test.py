"""`test`: pytest on servers of its own, then the frontend's checks. Runs tests; has none."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workspace import frontend
from workspace.places import PROJECT

FAST = ("unit", "property", "conformance")
PATIENT = tuple(
    f"tests/integration/test_{name}.py"
    for name in ("agents_lost", "bad_crowds", "nginx", "presence", "session", "up")
)
"""Tests that mostly wait: for a claim, a beat, a whole `up`. They come after the browser's."""

HALVES = (
    ("tests/e2e", "tests/chaos", *PATIENT),
    (
        *(f"tests/{layer}" for layer in FAST),
        "tests/integration",
        *(f"--ignore={path}" for path in PATIENT),
    ),
)
"""What runs side by side, about as long: the browser's tests wait for most of their time."""

NODE_SECONDS = 600


class Command(BaseCommand):
    """Run every test there is, or the fast ones."""

    help = "Run the tests. Anything after the options goes to pytest."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fast", action="store_true", help="only what needs no servers")
        parser.add_argument("pytest", nargs=argparse.REMAINDER, help="arguments for pytest")

    def handle(self, **options: Any) -> None:
        chosen: list[str] = options["pytest"]
        if options["fast"]:
            folders = [f"tests/{layer}" for layer in FAST if (PROJECT / "tests" / layer).is_dir()]
            self.finish({"pytest": run_pytest([*folders, *chosen], COHELM_TEST_FAST="1")})
        elif chosen:
            self.finish({"pytest": run_pytest(chosen)})
        else:
            self.everything()

    def everything(self) -> None:
        """Build the pages first: the browser's tests look at them."""
        failed = self.build()
        results = {"build": failed, "pytest": self.both_halves()}
        for script in ("check", "test"):
            results[f"npm run {script}"] = self.npm("run", script)
        self.finish(results)

    def both_halves(self) -> str | None:
        """Run the first half of the tests into a file while the second one is shown."""
        first, second = map(list, HALVES)
        with tempfile.TemporaryFile("w+") as told, start_pytest(first, {}, told) as beside:
            failed = run_pytest(second)
            code = beside.wait()
            told.seek(0)
            self.stdout.write(f"\nThe browser's tests, and those that wait:\n{told.read()}")
        return failed or (f"ended with {code}" if code else None)

    def build(self) -> str | None:
        node = self.node()
        if not frontend.installed(tools=True):
            self.stdout.write("Installing the frontend's tools ...")
            if failed := run_node(frontend.install_command(node, tools=True), node):
                return failed
        if not frontend.needs_build():
            return None
        self.stdout.write("Building the pages ...")
        failed = run_node(frontend.build_command(node), node)
        if not failed:
            frontend.take_build()
        return failed

    def npm(self, *arguments: str) -> str | None:
        node = self.node()
        self.stdout.write(f"\nnpm {' '.join(arguments)}")
        return run_node((*node.npm, *arguments), node)

    def node(self) -> frontend.Node:
        node = frontend.find_node()
        if node is None:
            raise CommandError(
                "There is no Node 22.12 or newer. Run `python3 manage.py test` with the system's "
                "Python, which brings one, or install Node."
            )
        return node

    def finish(self, results: dict[str, str | None]) -> None:
        """Repeat how pytest ended, so that it is the last thing to read, and fail if any did."""
        closing = summary_file()
        if closing.exists():
            self.stdout.write(f"\n{added_up(closing.read_text())}")
            closing.unlink()
        if failed := [f"{name} {how}" for name, how in results.items() if how]:
            raise CommandError(f"Failed: {', '.join(failed)}.")


def summary_file() -> Path:
    """Name the file in which pytest leaves its closing line for us."""
    return Path(tempfile.gettempdir()) / f"cohelm-pytest-{os.getpid()}"


def added_up(lines: str) -> str:
    """Add up pytest's closing lines, one for each process: counts, and the longest time."""
    counts: Counter[str] = Counter()
    for number, what in re.findall(r"(\d+) ([a-z]+)(?=,| in )", lines):
        counts[what] += int(number)
    longest = max((float(took) for took in re.findall(r" in ([\d.]+)s", lines)), default=0.0)
    told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    return f"===== {told} in {longest:.2f}s ====="


def start_pytest(
    arguments: list[str], environ: dict[str, str], told: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    """Start pytest in a process of its own; `told`: where its words go, if not to the terminal."""
    environ = os.environ | environ | {"COHELM_TEST_SUMMARY": str(summary_file())}
    # Colours and settings of the surroundings are none of the tests' business.
    environ.pop("COHELM_DATA", None)
    argv = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.Popen(argv, cwd=PROJECT, env=environ, stdout=told, stderr=told)


def run_pytest(arguments: list[str], **environ: str) -> str | None:
    """Run pytest; say how it failed."""
    with start_pytest(arguments, environ) as running:
        code = running.wait()
    return f"ended with {code}" if code else None


def run_node(argv: tuple[str, ...], node: frontend.Node) -> str | None:
    """Run one of the frontend's commands; say how it failed."""
    try:
        done = subprocess.run(argv, cwd=frontend.FOLDER, env=node.environ(), timeout=NODE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"took longer than {NODE_SECONDS} s"
    return f"ended with {done.returncode}" if done.returncode else None
