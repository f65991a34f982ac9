"""Package versions pinned in requirements.lock."""

import re

from tools.errors import AuthorError, Place, nearest

LOCK_FILE = "requirements.lock"


def pinned(lock: str, names: tuple[str, ...], wanted_by: str) -> list[str]:
    """Return `name==version` for each name, with the version from requirements.lock."""
    versions = {}
    for line in lock.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", line)
        if match:
            versions[normalised(match[1])] = match[2]
    for name in names:
        if normalised(name) not in versions:
            raise AuthorError(
                f'"{name}", which {wanted_by} asks for, has no version',
                Place(LOCK_FILE),
                f"Add a line {name}==… there, or remove the name. "
                + nearest(normalised(name), list(versions)),
            )
    return [f"{name}=={versions[normalised(name)]}" for name in names]


def normalised(name: str) -> str:
    """Return a package name in its normalised spelling."""
    # PEP 503: to pip, `Otter_Grader` and `otter-grader` are the same package.
    return re.sub(r"[-_.]+", "-", name).lower()
