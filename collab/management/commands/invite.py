"""`invite`: makes a link with which somebody gets a role, once."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from collab import inviting
from collab.core.codes import Refused
from collab.management.commands.agent import one_workspace
from collab.models import Session
from permissions.invitations import Wanted
from permissions.roles import ROLES

DAYS, MOST_DAYS = 7, 365


class Command(BaseCommand):
    """Invite somebody to a workspace, or to one session of it."""

    help = "Print a link with which somebody signs up (or signs in) and has a role. It works once."

    def add_arguments(self, parser: CommandParser) -> None:
        roles = [role for role in ROLES if role != "agent"]
        parser.add_argument("name", help="whom it is for")
        parser.add_argument("--role", required=True, choices=roles)
        parser.add_argument("--session", help="its id or title, for a role in one session only")
        parser.add_argument("--workspace", help="its name; not needed where there is only one")
        parser.add_argument("--days", type=int, default=DAYS, help="how long the link works")
        parser.add_argument(
            "--url",
            default=settings.ADDRESS,
            help="where people reach Cohelm; as `up` was told unless said otherwise",
        )

    def handle(self, **options: Any) -> None:
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days must be from 1 to {MOST_DAYS}.")
        session = one_session(options) if options["session"] else None
        wanted = Wanted(
            uuid4(),
            session.id if session else None,
            None if session else one_workspace(options["workspace"]).id,
            options["role"],
            options["name"][:100],
            timezone.now() + timedelta(days=options["days"]),
            None,
        )
        made = inviting.invite_alone(wanted)
        if isinstance(made, Refused):
            raise CommandError(made.words)
        self.stdout.write(inviting.link(options["url"], made))


def one_session(options: dict[str, Any]) -> Session:
    """Find the session that is meant; raises CommandError with a sentence."""
    named, found = options["session"], Session.objects.all()
    if options["workspace"]:
        found = found.filter(workspace=one_workspace(options["workspace"]))
    try:
        found = found.filter(id=UUID(named))
    except ValueError:
        found = found.filter(title=named)
    several = list(found[:2])
    if not several:
        raise CommandError(f"There is no session {named}.")
    if len(several) > 1:
        raise CommandError(f"Several sessions are called {named}; name one by its id.")
    return several[0]
