"""Finds a browser for the end-to-end tests and says loudly when there is none."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = (
    "There is no browser, so the tests that need one are LEFT OUT. "
    "Install chromium (Debian: `apt install chromium`) or run "
    "`.venv/bin/python -m playwright install chromium`."
)


def executable() -> str | None:
    """Give the browser's path: the one named in COHELM_BROWSER, the system's, playwright's own."""
    named = os.environ.get("COHELM_BROWSER")
    return named or next(filter(None, map(shutil.which, NAMES)), None) or _playwrights_own()


def required() -> bool:
    """Say whether a missing browser is a failure."""
    return os.environ.get("REQUIRE_BROWSER") == "1"


def _playwrights_own() -> str | None:
    caches = (Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright")
    found = (p for cache in caches for p in cache.glob("chromium-*/chrome-*/chrome"))
    return next((str(p) for p in found), None)
