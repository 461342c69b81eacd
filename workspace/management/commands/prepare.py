"""Brings the database up to date and, for the demo, fills it. Run by `up` before the workers."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from permissions import logins
from permissions.arrivals import make_groups
from workspace.demo import seed
from workspace.login import signup_link


class Command(BaseCommand):
    """Migrate as the owner, clear up, then seed the demo or make the first owner's link."""

    help = "Migrate, then seed the demo (COHELM_DEMO=1) or make a link for the first owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True)
        parser.add_argument("--agent-url", default="")
        parser.add_argument("--result", type=Path, required=True, help="where the JSON goes")

    def handle(self, **options: Any) -> None:
        call_command("migrate", database="owner", verbosity=1)
        logins.forget_expired()
        if settings.PROVIDER:
            make_groups(settings.PROVIDER.rules.mapped)
        if settings.DEMO:
            agent_url = options["agent_url"] or None
            headers = settings.DEMO_AGENT_HEADERS
            facts: dict[str, Any] = seed(
                settings.DATA_FOLDER, options["base_url"], agent_url, headers
            )
        else:
            facts = {"signup": signup_link(options["base_url"])}
        descriptor = os.open(options["result"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(facts, file)
