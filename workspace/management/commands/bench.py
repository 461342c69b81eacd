"""`bench`: ours beside the textbook way and the limits, on servers of its own. Measures nothing."""

import os
import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from workspace.places import PROJECT

BENCHES = ("append", "fanout", "e2e")
LEVELS = ("first", "full")


class Command(BaseCommand):
    """Run one benchmark in a process of its own, whose exit status is ours."""

    help = "Measure Cohelm beside the textbook way; the exit status is 0 if all targets are met."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bench", choices=BENCHES)
        parser.add_argument("--level", choices=LEVELS, default="first", help="which targets")
        parser.add_argument("--quick", action="store_true", help="once and short: to see it work")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, **options: Any) -> None:
        chosen = [options["bench"], "--level", options["level"]]
        chosen += [f"--{name}" for name in ("quick", "json") if options[name]]
        argv = [sys.executable, "-m", "tests.benchmarks", *chosen]
        # The benchmark names servers of its own; whose settings are around is not its business.
        ours = ("COHELM_", "DATABASE_URL", "REDIS_URL", "DJANGO_")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        sys.exit(subprocess.run(argv, cwd=PROJECT, env=environ).returncode)
