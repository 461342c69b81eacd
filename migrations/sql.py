"""Runs the SQL that lies beside a migration. A file that has been released is never edited."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations
from django.db.migrations.operations.base import Operation

HERE = Path(__file__).parent


def run_sql(app: str, name: str, *, undo: bool = True) -> Operation:
    """Run `<app>/sql/<name>.sql`, and backwards `<name>_undo.sql` where there is one."""
    folder = HERE / app / "sql"
    backwards = (folder / f"{name}_undo.sql").read_text("utf-8") if undo else migrations.RunSQL.noop
    return migrations.RunSQL((folder / f"{name}.sql").read_text("utf-8"), backwards)
