"""Starts the tests' servers before Django reads its settings (pytest -p tests.started).

The database is new in every run and is never flushed: a test makes its own workspace.
"""

import os
import signal

from tests import servers

# Some tests cross locks on purpose; they should not wait a second for each.
SETTINGS = {
    "track_commit_timestamp": "on",
    "shared_buffers": "64MB",
    "deadlock_timeout": "100ms",
}

signal.signal(signal.SIGTERM, lambda *_: exit(143))
if not (os.environ.get("COHELM_TEST_SERVERS") or os.environ.get("COHELM_TEST_FAST")):
    servers.start(SETTINGS)
    os.environ["COHELM_TEST_BUILD"] = "1"
