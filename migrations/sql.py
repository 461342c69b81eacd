"""Runs the SQL that lies beside a migration. A file that has been released is never edited."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations
from django.db.migrations.operations.base import Operation

HERE = Path(__file__).parent


def run_sql(app: str, name: str) -> Operation:
    """Run `<app>/sql/<name>.sql`. There is no way back: a log is not undone."""
    return migrations.RunSQL((HERE / app / "sql" / f"{name}.sql").read_text("utf-8"))
