"""`token`: makes, lists and revokes tokens of people and agents."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from permissions import tokens
from permissions.models import Token, User


class Command(BaseCommand):
    """Make a token and print it once, list those in force, or revoke one."""

    help = "Make (token add USERNAME NAME), list, or revoke (token revoke ck_...) tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        add = actions.add_parser("add", help="make a token and print it, for the only time")
        add.add_argument("username")
        add.add_argument("name", help="what it is for")
        add.add_argument("--scope", choices=[Token.FULL, Token.READ], default=Token.FULL)
        add.add_argument("--days", type=int, help="how long it works; without an end if not said")
        actions.add_parser("list", help="list the tokens that are in force")
        revoke = actions.add_parser("revoke", help="revoke a token; its sockets are told at once")
        revoke.add_argument("prefix", help="how it begins, as `token list` shows it")

    def handle(self, **options: Any) -> None:
        {"add": self.add, "list": self.list, "revoke": self.revoke}[options["action"]](options)

    def add(self, options: dict[str, Any]) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody called {options['username']}.")
        days = options["days"]
        if days is not None and days < 1:
            raise CommandError("--days must be 1 or more.")
        until = timezone.now() + timedelta(days=days) if days else None
        kind = "agent" if user.kind == "agent" else "personal"
        name = options["name"][:100]
        self.stdout.write(tokens.make(user, name, kind, until, scope=options["scope"]))

    def list(self, options: dict[str, Any]) -> None:
        for token in tokens.in_force().select_related("user").order_by("user__username", "name"):
            end = f"until {token.until:%Y-%m-%d}" if token.until else "without an end"
            used = f"last used {token.last_used_at:%Y-%m-%d}" if token.last_used_at else "not used"
            prefix = tokens.prefix(token.id)
            self.stdout.write(f"{prefix}  {token}, {token.get_scope_display()}, {end}, {used}")

    def revoke(self, options: dict[str, Any]) -> None:
        begun = options["prefix"]
        found = [key.id for key in tokens.in_force() if f"ck_{key.id.hex}".startswith(begun)]
        if len(found) != 1:
            many = "Several tokens begin" if found else "No token in force begins"
            raise CommandError(f"{many} with {begun}.")
        tokens.revoke(found[0])
        self.stdout.write(f"{tokens.prefix(found[0])} is revoked.")
