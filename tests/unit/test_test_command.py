"""What `manage.py test` says at the end of its runs."""

from workspace.management.commands.test import added_up


def test_two_closing_lines_are_added_up() -> None:
    lines = "===== 2 failed, 30 passed in 12.50s =====\n===== 5 passed, 1 skipped in 7.00s =====\n"
    assert added_up(lines) == "===== 2 failed, 35 passed, 1 skipped in 12.50s ====="
