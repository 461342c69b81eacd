"""What a machine may lack: without it a test is left out with a sentence, or fails if asked to."""

import os
from typing import NoReturn

import pytest


def everything_is_required() -> bool:
    """Say whether nothing may be left out, as before a change is taken."""
    return os.environ.get("REQUIRE_ALL") == "1"


def lacks(sentence: str) -> NoReturn:
    """Leave the test out, or fail it where nothing may be left out."""
    if everything_is_required():
        pytest.fail(f"REQUIRE_ALL=1: {sentence}", pytrace=False)
    pytest.skip(sentence)
