"""`runner`: the process that carries prompts and decisions to the agents, and brings their output.

The only place where the runner touches Django: it says which sessions there are to serve and makes
the tokens with which it joins them.
"""

import asyncio
import logging
import os
import secrets
import signal
import socket
from datetime import timedelta
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from collab import sealing, trying
from collab.agents import agui, capabilities
from collab.agents.client import session_url
from collab.agents.runner import Runner
from collab.agents.serving import Assignment, Means
from collab.failpoint import failpoint
from collab.models import Agent, Session
from permissions import tokens

logger = logging.getLogger(__name__)

TOKEN_LIFE = timedelta(hours=12)


class Command(BaseCommand):
    """Serve the agents of all open sessions until told to stop."""

    help = "Serve the agents of all open sessions, through the server at --url."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="where the server answers: http://...")
        parser.add_argument(
            "--silence",
            type=float,
            default=agui.Limits().silence,
            help="seconds an agent may say nothing before its run ends",
        )

    def handle(self, **options: Any) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each POST helps nobody
        name = f"{socket.gethostname()[:60]}-{os.getpid()}-{secrets.token_hex(4)}"
        asyncio.run(serve(options["url"], name, agui.Limits(silence=options["silence"])))


async def serve(url: str, name: str, limits: agui.Limits) -> None:
    """Run until SIGTERM or Ctrl-C, then take back the tokens."""
    keys = Keys(name)
    async with agui.client(limits, settings.RECORD_FOLDER) as http:
        means = Means(name, http, limits, lambda: failpoint("runner.after_dispatch"))
        looking = sync_to_async(lambda: assignments(url, keys))
        running = asyncio.ensure_future(Runner(looking, means).run())
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, running.cancel)
        await asyncio.wait([running])
    await sync_to_async(keys.revoke)()


class Keys:
    """The runner's own tokens, one for each agent; renewed long before they end."""

    def __init__(self, runner: str) -> None:
        self._runner = runner
        self._tokens: dict[UUID, tuple[str, Any]] = {}

    def of(self, agent: Agent) -> str:
        """Give the token for an agent, a new one after half its life."""
        text, until = self._tokens.get(agent.user_id, ("", None))
        if until is None or until - timezone.now() < TOKEN_LIFE / 2:
            until = timezone.now() + TOKEN_LIFE
            text = tokens.make(agent.user, f"runner {self._runner}"[:100], "runner", until)
            self._tokens[agent.user_id] = text, until
        return text

    def revoke(self) -> None:
        """End all tokens, as far as the database can be reached."""
        for text, _ in self._tokens.values():
            parsed = tokens.parse(text)
            if parsed is not None:
                tokens.revoke(parsed[0])


def assignments(url: str, keys: Keys) -> list[Assignment]:
    """Look up the open sessions that have an agent; one that cannot be served is left out."""
    sessions = Session.objects.filter(status=Session.OPEN, agent__isnull=False)
    found = []
    for session in sessions.select_related("agent__user"):
        assert session.agent is not None
        try:
            found.append(assignment(url, session.id, session.agent, keys))
        except sealing.Unreadable as reason:
            logger.warning("agent %s cannot be used: %s", session.agent.name, reason)
    return found


def assignment(url: str, session_id: UUID, agent: Agent, keys: Keys) -> Assignment:
    """Say what serving one session takes."""
    address = trying.address_of(agent)
    says = capabilities.in_short(agent.capabilities)
    return Assignment(session_id, session_url(url, session_id), keys.of(agent), address, says)
