"""What is installed comes from the public registries, at the versions that are locked."""

import json
import re
from urllib.parse import urlsplit

from workspace.places import PROJECT

PYTHON_HOSTS = {"pypi.org", "files.pythonhosted.org"}
NODE_HOST = "https://registry.npmjs.org/"


def test_the_python_lock_names_public_registries_only() -> None:
    lock = (PROJECT / "uv.lock").read_text()
    named = set(re.findall(r'(?:url|registry|path|directory|git) = "([^"]+)"', lock))
    assert {urlsplit(each).hostname for each in named} <= PYTHON_HOSTS


def test_the_node_lock_names_public_registries_only() -> None:
    lock = json.loads((PROJECT / "frontend" / "package-lock.json").read_text())
    resolved = {each["resolved"] for each in lock["packages"].values() if "resolved" in each}
    assert {each for each in resolved if not each.startswith(NODE_HOST)} == set()


def test_npm_writes_no_registry_into_its_lock() -> None:
    assert "omit-lockfile-registry-resolved=true" in (PROJECT / "frontend/.npmrc").read_text()
