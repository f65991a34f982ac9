"""The files of this package: those that are bundled, hashed, and shown to a candidate."""

from pathlib import Path

PACKAGE = Path(__file__).parent
# Generated: the tests of each assignment, which belong to bundles, not to the package.
HIDDEN_TESTS = "hidden_tests"


def own_paths() -> list[str]:
    """Return the grader's modules as paths from `PACKAGE`, without hidden tests and caches."""
    paths = [file.relative_to(PACKAGE) for file in PACKAGE.rglob("*.py")]
    return sorted(path.as_posix() for path in paths if path.parts[0] != HIDDEN_TESTS)


def own_files() -> list[Path]:
    """Return the same modules as full paths."""
    return [PACKAGE / path for path in own_paths()]
