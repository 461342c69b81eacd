"""The database is migrated by its owner, and the workers' role can do no harm to the record."""

import psycopg
import pytest
from django.conf import settings


def test_the_workers_role_reads_the_record_and_cannot_change_it(database: None) -> None:
    with psycopg.connect(settings.LOG_DSN, autocommit=True) as connection:
        connection.execute("SELECT 1 FROM collab_event LIMIT 1")
        for verb in ("DELETE FROM", "TRUNCATE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"{verb} collab_event")


def test_the_owner_owns_every_table(database: None) -> None:
    with psycopg.connect(settings.LOG_OWNER_DSN) as connection:
        owners = connection.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert owners == [("cohelm_owner",)]
