"""What is installed comes from the public registries, at the versions that are locked."""

import hashlib
import json
import re
from urllib.parse import urlsplit

import pytest

from workspace.places import PROJECT

# SHA-256 of the public registries' hosts: the lock files may name them, and nothing else does.
PYTHON = {
    "a4aa2ac280bb8d1a0ce7a1be5a7bfb10292b49fe9435ad5cff19f421f3c70e41",
    "c899567ee906851741bf7f3bde17a33777859ff9f53ff54d6f0ea54cf31ad636",
}
NODE = {"0dc11026ac75c015aaa1deafff4a7a54ef6d0cf6b3c7f9b1d2c8f3502929aa9e"}

NODE_FOLDERS = ("frontend", "tests/strangers/oidc")


def digests_of_hosts(addresses: set[str]) -> set[str]:
    hosts = {urlsplit(address).netloc for address in addresses}
    return {hashlib.sha256(host.encode()).hexdigest() for host in hosts}


@pytest.mark.parametrize("folder", ["", "tests/strangers/langgraph"])
def test_the_python_locks_name_public_registries_only(folder: str) -> None:
    lock = (PROJECT / folder / "uv.lock").read_text()
    named = set(re.findall(r'(?:url|registry|path|directory|git) = "([^"]+)"', lock))
    assert digests_of_hosts(named) == PYTHON


@pytest.mark.parametrize("folder", NODE_FOLDERS)
def test_the_node_locks_name_public_registries_only(folder: str) -> None:
    lock = json.loads((PROJECT / folder / "package-lock.json").read_text())
    resolved = {each["resolved"] for each in lock["packages"].values() if "resolved" in each}
    assert digests_of_hosts(resolved) <= NODE


def test_another_registry_in_a_lock_is_seen() -> None:
    assert digests_of_hosts({"https://elsewhere.example/simple"}).isdisjoint(PYTHON | NODE)


@pytest.mark.parametrize("folder", NODE_FOLDERS)
def test_npm_writes_no_registry_into_its_lock(folder: str) -> None:
    assert "omit-lockfile-registry-resolved=true" in (PROJECT / folder / ".npmrc").read_text()


def test_nothing_but_locks_names_a_registry() -> None:
    named = {
        path.relative_to(PROJECT)
        for folder in ("collab", "docs", "permissions", "tests", "workspace", "deploy", ".ci")
        for path in (PROJECT / folder).rglob("*.*")
        if path.suffix in {".py", ".md", ".toml", ".json", ".mjs", ".conf", ".sh"}
        and "lock" not in path.name
        and "node_modules" not in path.parts
        and digests_of_hosts(set(re.findall(r"https?://[\w.-]+", path.read_text())))
        & (PYTHON | NODE)
    }
    assert named == set()
