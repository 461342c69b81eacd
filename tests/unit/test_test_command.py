"""What `manage.py test` runs, and what it says at the end."""

from workspace.management.commands.test import HALVES, added_up
from workspace.places import PROJECT

IGNORE = "--ignore="


def test_two_closing_lines_are_added_up() -> None:
    lines = "===== 2 failed, 30 passed in 12.50s =====\n===== 5 passed, 1 skipped in 7.00s =====\n"
    assert added_up(lines) == "===== 2 failed, 35 passed, 1 skipped in 12.50s ====="


def test_each_test_is_in_one_of_the_halves_and_none_in_both() -> None:
    found = [file for half in HALVES for file in files(half)]
    assert sorted(found) == sorted(map(str, (PROJECT / "tests").rglob("test_*.py")))


def files(arguments: tuple[str, ...]) -> set[str]:
    """Give the files that pytest takes from its arguments."""
    chosen: set[str] = set()
    for argument in arguments:
        path = PROJECT / argument.removeprefix(IGNORE)
        assert path.exists(), f"there is no {argument}"
        below = {str(path)} if path.is_file() else set(map(str, path.rglob("test_*.py")))
        chosen = chosen - below if argument.startswith(IGNORE) else chosen | below
    return chosen
