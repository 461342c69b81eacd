"""What a machine may lack: without it a test is left out with a sentence, or fails if asked to."""

import os
from typing import NoReturn

import pytest


def lacks(sentence: str) -> NoReturn:
    """Leave the test out; with REQUIRE_ALL=1 (as before a change is taken) fail it."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1: {sentence}", pytrace=False)
    pytest.skip(sentence)
