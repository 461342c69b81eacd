"""Who may know whom is held by contracts; each is shown to catch a breach planted in a copy."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from workspace.places import PROJECT

PACKAGES = ("workspace", "collab", "permissions", "migrations")
# contract, the file that breaks it, the line that does
BREACHES = [
    ("layers", "collab/log/store.py", "import collab.hub"),
    ("layers", "collab/core/state.py", "import collab.log.pool"),
    ("layers", "collab/submit.py", "import collab.consumers"),
    ("layers", "collab/consumers.py", "import workspace.pages"),
    ("pure", "collab/core/decide.py", "import asyncio"),
    ("pure", "collab/core/state.py", "from django.conf import settings"),
    ("pure", "permissions/roles.py", "import guardian"),
    ("pure", "collab/core/chain.py", "import random"),
    ("guardian", "collab/api/urls.py", "from guardian.shortcuts import assign_perm"),
    ("write-door", "collab/consumers.py", "from collab.log.writer import Writer"),
    ("read-door", "collab/consumers.py", "from collab.log import store"),
    ("event-tables", "collab/replay.py", "import collab.log.models"),
    ("agents", "collab/agents/client.py", "import django"),
    ("agents", "collab/agents/client.py", "import collab.submit"),
    ("permissions", "permissions/grants.py", "import collab.models"),
    ("set-up", "workspace/machine.py", "import django"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the tree, in which anything may be planted."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copy(PROJECT / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, copy / package)
    return copy


def lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    linter = shutil.which("lint-imports", path=f"{PROJECT}/.venv/bin:{os.environ['PATH']}")
    assert linter, "import-linter is missing"
    return subprocess.run(
        [linter, "--no-cache", "--no-logo", *options],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_contracts_hold() -> None:
    done = lint(PROJECT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_planted_breach_is_caught(tree: Path, contract: str, file: str, line: str) -> None:
    breached = tree / file
    whole = breached.read_text()
    breached.write_text(f"{whole}\n{line}\n")
    try:
        done = lint(tree, "--contract", contract)
    finally:
        breached.write_text(whole)
    assert done.returncode == 1, f"{line} in {file} went unnoticed"
    assert "1 broken" in done.stdout


def test_the_event_tables_are_named_in_sql_only_by_the_log() -> None:
    naming = re.compile(r"\bcollab_(event|snapshot)\b")
    elsewhere = [
        str(file.relative_to(PROJECT))
        for package in ("workspace", "collab", "permissions")
        for file in sorted((PROJECT / package).rglob("*"))
        if file.suffix in (".py", ".sql")
        and not file.is_relative_to(PROJECT / "collab" / "log")
        and naming.search(file.read_text())
    ]
    assert elsewhere == []
