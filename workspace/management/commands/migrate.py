"""Django's migrate, as the database's owner: the workers' role may not change tables."""

from typing import Any

from django.core.management.commands import migrate


class Command(migrate.Command):
    """Migrate over the connection named owner."""

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
