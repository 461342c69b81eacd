"""What `up` finds or makes before anybody comes: the demo, or the first owner's link."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.conftest import MakeCluster
from tests.page import Page, refused
from workspace.places import PROJECT

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def empty(tmp_path: Path) -> dict[str, str]:
    """Give the environment of an installation whose database is new."""
    name = f"cohelm_{uuid4().hex[:12]}"
    owner = os.environ["DATABASE_URL"]
    superuser = make_conninfo(owner, user="postgres", dbname="postgres")
    with psycopg.connect(superuser, autocommit=True) as conn:
        conn.execute(f'CREATE DATABASE "{name}" OWNER cohelm_owner')
    host = conninfo_to_dict(owner)["host"]
    return {
        "COHELM_DATA": str(tmp_path),
        "DATABASE_URL": f"postgresql:///{name}?host={host}&user=cohelm_owner",
        "COHELM_APP_DATABASE_URL": f"postgresql:///{name}?host={host}&user=cohelm_app",
    }


def prepare(environ: dict[str, str], folder: Path, *, demo: bool, agent: str = "") -> Any:
    """Run what `up` runs before its workers."""
    done, result = preparing(environ, folder, demo=demo, agent=agent)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(result.read_text())


def preparing(
    environ: dict[str, str], folder: Path, *, demo: bool, agent: str = ""
) -> tuple[subprocess.CompletedProcess[str], Path]:
    result = folder / "prepared.json"
    argv = [sys.executable, "manage.py", "prepare", "--base-url", "http://127.0.0.1:1"]
    argv += ["--agent-url", agent, "--result", str(result)]
    given = os.environ | environ | {"COHELM_DEMO": "1" if demo else "0"}
    done = subprocess.run(argv, cwd=PROJECT, env=given, capture_output=True, text=True, timeout=120)
    return done, result


def test_the_demo_is_the_same_after_every_start(empty: dict[str, str], tmp_path: Path) -> None:
    first = prepare(empty, tmp_path, demo=True, agent="http://127.0.0.1:9/")
    again = prepare(empty, tmp_path, demo=True, agent="http://127.0.0.1:9/other")
    assert first == again
    assert [(user["username"], user["roles"]) for user in first["users"]] == [
        ("operator1", ["owner"]),
        ("operator2", ["operator"]),
        ("observer", ["observer"]),
        ("auditor", ["auditor"]),
    ]
    assert set(first["tokens"]) == {"agent", "operator"}
    kept = tmp_path / "demo.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with psycopg.connect(empty["COHELM_APP_DATABASE_URL"]) as conn:
        events = conn.execute(
            "SELECT type FROM collab_event WHERE log = %s ORDER BY seq", [first["session_id"]]
        ).fetchall()
        addresses = conn.execute("SELECT url FROM collab_agent").fetchall()
    assert [row[0] for row in events] == [
        "session.opened",
        "participant.joined",
        "grant.given",
        "participant.joined",
        "grant.given",
    ]
    assert addresses == [("http://127.0.0.1:9/other",)]


def test_before_there_is_a_workspace_commands_say_how_one_begins(
    empty: dict[str, str], tmp_path: Path
) -> None:
    prepare(empty, tmp_path, demo=False)
    for argv in (["invite", "Nia", "--role", "operator"], ["agent", "add", "A", "http://x/"]):
        program = [sys.executable, "manage.py", *argv]
        environ = os.environ | empty
        done = subprocess.run(
            program, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1
        assert "There is no workspace yet. Open the link that `up` prints" in done.stderr


def test_what_is_left_of_expired_logins_is_cleared_away(
    empty: dict[str, str], tmp_path: Path
) -> None:
    prepare(empty, tmp_path, demo=True)
    with psycopg.connect(empty["COHELM_APP_DATABASE_URL"]) as conn:
        for key, end in (("expired", "-1 second"), ("lasting", "1 hour")):
            conn.execute(
                "INSERT INTO django_session VALUES (%s, '', now() + %s::interval)", [key, end]
            )
            conn.execute(
                "INSERT INTO permissions_login (user_id, session_key, until)"
                " SELECT id, %s, now() + %s::interval FROM permissions_user LIMIT 1",
                [key, end],
            )
    prepare(empty, tmp_path, demo=True)
    with psycopg.connect(empty["COHELM_APP_DATABASE_URL"]) as conn:
        kept = conn.execute("SELECT session_key FROM django_session").fetchall()
        logins = conn.execute("SELECT session_key, ended_at FROM permissions_login").fetchall()
    assert kept == [("lasting",)]
    assert sorted(logins) == [("expired", None), ("lasting", None)]


def test_a_demo_whose_database_is_lost_is_made_again(empty: dict[str, str], tmp_path: Path) -> None:
    made_up = {"workspace": str(uuid4()), "password:operator1": "kept", "hash:operator1": "old"}
    (tmp_path / "demo.json").write_text(json.dumps(made_up))
    facts = prepare(empty, tmp_path, demo=True)
    assert facts["users"][0]["password"] == "kept"


def test_the_demo_leaves_a_person_alone_whom_it_did_not_make(
    empty: dict[str, str], tmp_path: Path
) -> None:
    prepare(empty, tmp_path, demo=True)
    (tmp_path / "demo.json").unlink()
    done, _ = preparing(empty, tmp_path, demo=True)
    assert done.returncode != 0
    assert "operator1 whom the demo did not make" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_first_owner_signs_up_once(
    empty: dict[str, str], tmp_path: Path, make_cluster: MakeCluster
) -> None:
    link = prepare(empty, tmp_path, demo=False)["signup"]
    other = prepare(empty, tmp_path, demo=False)["signup"]
    token = link.rpartition("/")[2]
    form = {"username": "ada", "name": "Ada", "password": "an unlikely phrase", "workspace": "Lab"}
    with Page(make_cluster(workers=1, **empty)[0].url) as page:

        def sign_up(token: str, **changes: str) -> Any:
            return page.post(f"/api/v1/signup/{token}", form | changes)

        assert page.get(f"/api/v1/signup/{token}").status_code == 200
        assert refused(page.get(f"/api/v1/signup/{token[:-3]}abc")) == "wrong_link"
        assert refused(sign_up(token[:-3] + "abc")) == "wrong_link"
        assert refused(sign_up(token, password="12345678")) == "weak_password"
        assert refused(sign_up(token, username="a b")) == "invalid"
        answer = sign_up(token)
        assert answer.status_code == 200, answer.text
        (workspace,) = answer.json()["workspaces"]
        assert (workspace["name"], workspace["roles"]) == ("Lab", ["owner"])
        assert page.get("/api/v1/me").json() == answer.json()
        for used in (token, other.rpartition("/")[2]):
            assert refused(sign_up(used, username="ben")) == "wrong_link"
            assert refused(page.get(f"/api/v1/signup/{used}")) == "wrong_link"
    assert prepare(empty, tmp_path, demo=False)["signup"] is None
    with psycopg.connect(empty["COHELM_APP_DATABASE_URL"]) as conn:
        assert conn.execute("SELECT username FROM permissions_user").fetchall() == [("ada",)]
        assert conn.execute("SELECT type FROM collab_event ORDER BY seq").fetchall() == [
            ("workspace.opened",),
            ("participant.joined",),
            ("grant.given",),
        ]
