"""`agent`: adds agents to a workspace, lists them, and tries whether one answers."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from collab import adding, sealing, trying
from collab.agents import capabilities
from collab.agents.agui import Address
from collab.agents.capabilities import Capabilities
from collab.core.codes import Refused
from collab.models import Agent, Workspace


class Command(BaseCommand):
    """Put an agent behind sessions by its AG-UI address."""

    help = "Add an agent (agent add NAME URL), list the agents, or test an address."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        add = actions.add_parser("add", help="add an agent to a workspace")
        add.add_argument("name")
        add.add_argument("--workspace", help="its name; not needed where there is only one")
        test = actions.add_parser("test", help="POST one short run to an address")
        for each in (add, test):
            each.add_argument("url")
            each.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
            each.add_argument("--ca", type=Path, metavar="FILE", help="who signed its certificate")
        actions.add_parser("list", help="list the agents of all workspaces")

    def handle(self, **options: Any) -> None:
        {"add": self.add, "test": self.test, "list": self.list}[options["action"]](options)

    def add(self, options: dict[str, Any]) -> None:
        workspace = one_workspace(options["workspace"])
        headers = parse_headers(options["header"])
        ca = parse_ca(options["ca"])
        wish = adding.Wanted(workspace.id, options["name"], options["url"], headers, ca)
        try:
            added = adding.add_alone(wish)
        except adding.CannotAdd as problem:
            raise CommandError(str(problem)) from None
        if isinstance(added, Refused):
            raise CommandError(added.words)
        self.stdout.write(f"{wish.name} was added to {workspace.name}.")
        self.tell(capabilities.told(added.capabilities))

    def list(self, options: dict[str, Any]) -> None:
        for agent in Agent.objects.select_related("workspace").order_by("workspace__name", "name"):
            secret = ", with secret headers" if agent.headers_sealed else ""
            self.stdout.write(f"{agent.name} ({agent.workspace.name}): {agent.url}{secret}")

    def test(self, options: dict[str, Any]) -> None:
        # What is said below is enough for whoever sits at the terminal.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        known = Agent.objects.filter(name=options["url"]).first()
        if known is None or options["header"] or options["ca"]:
            tried = asyncio.run(trying.try_address(address(options, known)))
        else:
            tried = asyncio.run(trying.try_agent(known))
        if not tried.probe.ok:
            raise CommandError(tried.probe.sentence)
        self.stdout.write(f"{tried.probe.sentence} It sent {len(tried.probe.events)} events.")
        self.tell(tried.says)

    def tell(self, says: Capabilities | None) -> None:
        for line in lines(says):
            self.stdout.write(line)


def address(options: dict[str, Any], known: Agent | None) -> Address:
    """Give the address that is meant, and what is kept of it besides; raises CommandError."""
    url = known.url if known else options["url"]
    headers, ca = parse_headers(options["header"]), parse_ca(options["ca"])
    try:
        if known:
            headers, ca = headers or sealing.unseal(known.headers_sealed), ca or known.ca
        adding.check(url, headers, ca)
    except (adding.CannotAdd, sealing.Unreadable) as problem:
        raise CommandError(str(problem)) from None
    return Address(url, headers, ca)


def lines(says: Capabilities | None) -> Iterator[str]:
    """Say what an agent says of itself."""
    if says is None:
        yield "It does not say what it can do."
        return
    yield f"It says that it is {', '.join(filter(None, says[:3])) or 'an agent'}."
    if says.description:
        yield says.description
    if says.tools:
        more = f" and {says.more_tools} more" if says.more_tools else ""
        yield f"Tools: {', '.join(says.tools)}{more}."
    if says.can:
        yield f"It can: {', '.join(says.can)}."
    if says.cannot:
        yield f"It cannot: {', '.join(says.cannot)}."


NO_WORKSPACE = (
    "There is no workspace yet. Open the link that `up` prints where it says that the first owner "
    "signs up: whoever does so begins one."
)


def one_workspace(name: str | None) -> Workspace:
    """Find the workspace that is meant; raises CommandError with a sentence."""
    found = list(Workspace.objects.filter(**({"name": name} if name else {}))[:2])
    if not found and name:
        raise CommandError(f"There is no workspace {name}.")
    if not found:
        raise CommandError(NO_WORKSPACE)
    if len(found) > 1:
        raise CommandError("There are several workspaces; say which with --workspace NAME.")
    return found[0]


def parse_ca(file: Path | None) -> str:
    """Read a certificate's file; raises CommandError with a sentence."""
    if file is None:
        return ""
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"{file} cannot be read as a certificate in PEM form.") from None


def parse_headers(given: list[str]) -> dict[str, str]:
    """Read NAME:VALUE; raises CommandError with a sentence."""
    headers = {}
    for text in given:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise CommandError(f"A header is written NAME:VALUE, not {text}.")
        headers[name.strip()] = value.strip()
    return headers
