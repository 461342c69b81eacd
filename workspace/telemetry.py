"""How logs are written: one JSON object a line. Decides on form only, never on what is logged."""

import json
import logging
import os
import re
import time
from typing import Any

# What a LogRecord always has; everything else came through `extra` and is written as it is.
KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
SECRETS = re.compile(
    r"(ck_[0-9a-f]{32}_)[\w-]+"
    r"|(://[^\s:/@]*:)[^\s@/]+(?=@)"
    r"|((?:bearer|password|secret|token)[=: ]+)\S+",
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """Blot out tokens and passwords that a message carries by mistake."""
    return SECRETS.sub(lambda found: f"{found[1] or found[2] or found[3]}***", text)


def cleaned(value: object) -> object:
    """Give a value as it may be written: numbers as they are, all else as text without secrets."""
    return value if isinstance(value, int | float | None) else without_secrets(str(value))


class JsonLines(logging.Formatter):
    """Write a record as one line of JSON, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in KNOWN}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        clean = {key: cleaned(value) for key, value in line.items()}
        return json.dumps(clean, ensure_ascii=False)


class StrangersMistake(logging.Filter):
    """Write text that is no UTF-8 without a traceback: uvicorn takes it for a fault of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
            record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
        return True


def logging_settings(level: str) -> dict[str, Any]:
    """Say the settings of `logging` for every process of ours, uvicorn's loggers as well."""
    plain = os.environ.get("COHELM_LOG_FORMAT") == "plain"
    ours = {"handlers": ["stderr"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "workspace.telemetry.JsonLines"},
            "plain": {"format": "%(levelname)s %(name)s: %(message)s"},
        },
        "filters": {"strangers": {"()": "workspace.telemetry.StrangersMistake"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "plain" if plain else "json",
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": ours,
            "uvicorn": ours,
            "uvicorn.error": {"level": level, "filters": ["strangers"]},
            "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
        },
    }
