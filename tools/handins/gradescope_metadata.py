"""submission_metadata.yml of Gradescope's "Download Submissions": who handed in what."""

import re
from pathlib import Path

import yaml

from tools.errors import ClassError
from tools.handins.handin import Student

# All values are text, student numbers too. This loader ignores Ruby's own tags.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d)(?:\.\d+)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?"
)


def read_metadata(path: Path) -> dict[str, tuple[tuple[Student, ...], str]]:
    """Read each folder's students and when they handed in, in ISO format."""
    try:
        values = yaml.load(path.read_text("utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        # The last line says where.
        detail = str(error).strip().splitlines()[-1].strip()
        raise ClassError(
            f"this is not YAML ({detail})", path, "Download the export again."
        ) from None
    if not isinstance(values, dict):
        raise ClassError("it names no submissions", path, "Download the export again.")
    found = {}
    for folder, entry in values.items():
        if isinstance(folder, str) and isinstance(entry, dict):
            submitters = _get(entry, "submitters")
            listed = submitters if isinstance(submitters, list) else []
            students = tuple(_student(each) for each in listed if isinstance(each, dict))
            found[folder] = (students, _time(_get(entry, "created_at")))
    return found


def _get(entry: dict, key: str) -> object:
    """Return the value under Ruby's spelling of the key, or the plain one."""
    return entry.get(f":{key}", entry.get(key, ""))


def _student(entry: dict) -> Student:
    def text(key: str) -> str:
        value = _get(entry, key)
        return "" if not isinstance(value, str) or value in ("null", "~") else value.strip()

    return Student(name=text("name"), email=text("email"), sid=text("sid"))


def _time(value: object) -> str:
    match = _TIME.match(value) if isinstance(value, str) else None
    if not match:
        return ""
    zone = match["zone"] or ""
    zone = "+00:00" if zone in ("Z", "UTC") else zone
    return f"{match['day']}T{match['time']}{zone}"
