"""A notebook as plain data: parsed from JSON, and written exactly as nbformat writes it."""

import importlib
import json
import sys
from types import ModuleType
from typing import Any

from tools.errors import AuthorError, Place, unreadable

Notebook = dict[str, Any]
Cell = dict[str, Any]

# Windows programs put it first.
BYTE_ORDER_MARK = "\ufeff"

# The same for every notebook that the kit writes: its bytes must not depend on the author's Python.
# Otter reads `language` from the kernelspec and warns without it.
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {"name": "python"}
# Metadata of a code cell of which JupyterLab and Colab show one line.
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}


def parse(text: str, file: str) -> Notebook:
    """Parse a notebook; every cell's source becomes one string, its lines end as on Linux."""
    try:
        notebook = json.loads(text.removeprefix(BYTE_ORDER_MARK))
    except json.JSONDecodeError as error:
        what = f"this is not a notebook: {error.msg}"
        what_now = "Restore the file, or save it again from Jupyter."
        raise unreadable(text, Place(file, line=error.lineno), what, what_now) from None
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4:
        raise AuthorError(
            "this is not a notebook of format 4",
            Place(file),
            "Open it in JupyterLab and save it again.",
        )
    for cell in notebook["cells"]:
        if isinstance(cell["source"], list):
            cell["source"] = "".join(cell["source"])
        cell["source"] = cell["source"].replace("\r\n", "\n").replace("\r", "\n")
    return notebook


def _nbformat() -> ModuleType:
    """Import nbformat, which takes a second: a build with nothing to do should not pay for it."""
    # It imports jsonschema, which spends two seconds more on a grammar of addresses if JupyterLab
    # has installed it. No notebook needs it.
    sys.modules.setdefault("rfc3987_syntax", None)
    return importlib.import_module("nbformat")


def dump(notebook: Notebook) -> str:
    """Return the text of the notebook's file."""
    nbformat = _nbformat()
    return nbformat.writes(nbformat.from_dict(notebook)) + "\n"


def check_valid(notebook: Notebook, file: str) -> None:
    """Raise an AuthorError if the notebook is invalid, which nbformat would only log."""
    nbformat = _nbformat()
    try:
        nbformat.validate(nbformat.from_dict(notebook))
    except nbformat.ValidationError as error:
        path = list(error.absolute_path)
        cell = notebook["cells"][path[1]] if path[:1] == ["cells"] and len(path) > 1 else None
        raise AuthorError(
            f"this is not a valid notebook: {error.message}",
            Place(file, name_of(cell, path[1]) if cell else None),
            "Fix it in JupyterLab, or undo the last change.",
        ) from None


def name_of(cell: Cell, index: int) -> str:
    """Return what messages call a cell: its id, or its position if it has none."""
    return cell.get("id") or f"number {index + 1}"


def python_of(cell: Cell) -> str:
    """Return the source of a code cell with IPython's own lines left empty."""
    lines = cell["source"].split("\n")
    kept = (line if not line.lstrip().startswith(("%", "!", "?")) else "" for line in lines)
    return "\n".join(kept)
