"""Logs are lines of JSON that carry no secret."""

import json
import logging

import pytest

from workspace.telemetry import JsonLines, StrangersMistake


def line(message: str, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord({"name": "t", "levelname": "INFO", "msg": message, **extra})
    said: dict[str, object] = json.loads(JsonLines().format(record))
    return said


def test_a_line_has_its_time_place_and_what_was_added() -> None:
    said = line("batch written", log="a-session", events=3)
    assert said["message"] == "batch written"
    assert (said["log"], said["events"], said["level"]) == ("a-session", 3, "info")


def test_text_that_is_no_utf8_is_a_strangers_mistake_and_all_else_is_ours() -> None:
    no_text = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no")
    for error, told in ((no_text, False), (OSError(), True)):
        record = logging.makeLogRecord({"exc_info": (type(error), error, None), "msg": "x"})
        assert StrangersMistake().filter(record)
        assert ("error" in json.loads(JsonLines().format(record))) == told


@pytest.mark.parametrize(
    "secret",
    [
        "ck_0123456789abcdef0123456789abcdef_s3cr3t-s3cr3t",
        "postgresql://me:s3cr3t@db/cohelm",
        "Authorization: Bearer s3cr3t",
        "password=s3cr3t",
    ],
)
def test_no_secret_is_written(secret: str) -> None:
    assert "s3cr3t" not in json.dumps(line(f"connecting with {secret}"))
