"""Scenes and workers that several tests of real processes need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.cluster import Cluster
from tests.quiet import neighbours, quiet  # noqa: F401  # fixtures
from tests.scene import Scene, make_scene
from tests.seats import bad, demo, one_demo_agent, room, runners, seat  # noqa: F401  # fixtures


@pytest.fixture
def scene(database: None) -> Scene:
    """Give an open session with people and an agent, of this test alone."""
    return make_scene()


@pytest.fixture(scope="module")
def shared_scene(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Scene:
    """Give an open session that the tests of a module share."""
    with django_db_blocker.unblock():
        return make_scene()


@pytest.fixture(scope="session")
def silent_cluster(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Give two workers that send no hints: what they tell each other, they tell through the log."""
    yield from _failing("hints.off", tmp_path_factory)


@pytest.fixture
def lossy_cluster(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Give two workers whose hints are lost, doubled and late at random."""
    yield from _failing("hints.lossy", tmp_path_factory)


def _failing(failpoint: str, folders: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(folders.mktemp("failing"), 2, {"COHELM_FAILPOINT": failpoint})
    yield cluster.start()
    cluster.stop()
