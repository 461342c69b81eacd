"""Where things lie in a data folder."""

import os
from pathlib import Path

import pytest

from workspace import places as module
from workspace.places import SOCKET_PATH_LIMIT, places


def test_a_long_data_folder_gets_short_sockets_of_its_own(tmp_path: Path) -> None:
    one, other = (places(tmp_path / ("long" * 40) / name) for name in ("one", "other"))
    assert len(str(one.sockets / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT
    assert one.sockets != other.sockets


def test_root_keeps_postgres_apart_where_its_user_may_not_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    monkeypatch.setattr(module, "SHARED_STATE", shared)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    data = tmp_path / "closed" / "data"
    data.mkdir(parents=True)
    data.parent.chmod(0o700)
    assert places(data).postgres.is_relative_to(shared)
    (data / "postgres-18").mkdir()
    assert places(data).postgres == data / "postgres-18", "a cluster stays where it is"


def test_a_plain_user_keeps_all_in_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert places(tmp_path).postgres.parent == tmp_path
