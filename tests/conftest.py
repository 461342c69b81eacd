"""Fixtures for every layer: the migrated database and real workers."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker, blocking_manager_key

from tests import agreeing, browser
from tests.cluster import Cluster
from tests.figures import FIGURES

MakeCluster = Callable[..., Cluster]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """Migrate the run's new database as its owner (in place of pytest-django's copy and flush)."""
    from django.core.management import call_command

    if not os.environ.get("COHELM_TEST_SERVERS"):
        pytest.skip("needs servers: leave --fast out")
    with django_db_blocker.unblock():
        call_command("migrate", database="owner", verbosity=0)


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let a test use the ORM as the workers do: what it writes is committed and stays."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def make_cluster(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeCluster]:
    """Start workers with the given environment; they end with the test."""
    clusters: list[Cluster] = []

    def make(workers: int = 2, **environ: str) -> Cluster:
        folder: Path = tmp_path_factory.mktemp("cluster")
        clusters.append(Cluster(folder, workers, environ))
        return clusters[-1].start()

    yield make
    for cluster in clusters:
        cluster.stop()


@pytest.fixture(scope="module")
def cluster(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give two workers that the tests of a module share: kill one only if you restart it."""
    shared = Cluster(tmp_path_factory.mktemp("cluster"), 2, {})
    yield shared.start()
    shared.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test with its layer, the name of its folder; leave out what lacks a browser."""
    for item in items:
        layer = Path(item.path).relative_to(config.rootpath / "tests").parts[0]
        item.add_marker(layer)
    if browser.executable() is None and not browser.required():
        for item in items:
            if item.get_closest_marker("e2e"):
                item.add_marker(pytest.mark.skip(reason=browser.HOW_TO_GET_ONE))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """End each test of real processes by all_screens_agree, while its fixtures are still there."""
    if not any(item.get_closest_marker(layer) for layer in ("integration", "e2e", "chaos")):
        return (yield)
    agreeing.notice()
    result = yield
    with item.config.stash[blocking_manager_key].unblock():
        agreeing.agree()
    return result


def pytest_sessionstart() -> None:
    """Fail at once where a browser is required and missing."""
    if browser.required() and browser.executable() is None:
        pytest.exit("REQUIRE_BROWSER=1 and there is no browser.", returncode=1)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly that a browser is missing; leave the closing line for `manage.py test`."""
    if browser.executable() is None:
        terminalreporter.write_line(browser.HOW_TO_GET_ONE, red=True, bold=True)
    if FIGURES:
        terminalreporter.section("Figures")
        for name, value in FIGURES:
            terminalreporter.write_line(f"{name}: {value}")
    if file := os.environ.get("COHELM_TEST_SUMMARY"):
        parts, _ = terminalreporter.build_summary_stats_line()
        line = ", ".join(text for text, _ in parts)
        seconds = terminalreporter._session_start.elapsed().seconds
        with Path(file).open("a") as closing:  # two runs side by side leave a line each
            closing.write(f"===== {line} in {seconds:.2f}s =====\n")
