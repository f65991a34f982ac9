"""`unroll format`: removes outputs and editors' traces, and names each cell by its place."""

import re
from pathlib import Path

from tools.course.settings import read_text
from tools.files import swap_in
from tools.master.blocks import Boundary, Spot, outline
from tools.master.notebook import KERNELSPEC, LANGUAGE_INFO, Cell, dump, parse

# The metadata that an author may set on a cell; everything else was left by an editor.
CELL_METADATA = ("tags",)

# Cells that the build adds to a release; no cell of the master may have the same name.
GENERATED_IDS = (
    "colab_setup",
    "otter_init",
    "check_all_text",
    "check_all",
    "export_text",
    "export",
)

_SLUG = re.compile(r"[a-z][a-z0-9_]*")
# JupyterLab and nbformat name a new cell with eight hexadecimal digits or a UUID.
_RANDOM = re.compile(r"[0-9a-f]{8}")
_OF_A_QUESTION = re.compile(r"q[0-9]+_")
# The settings below a boundary: keys, lists and blank lines, and no code.
_SETTING = re.compile(r"\s*|#.*|[a-z_]+:( .*)?|\s+\S.*|- .*")
_LONGEST = 60  # nbformat allows 64 characters; a suffix such as _12 must still fit


def formatted(text: str, file: str) -> str:
    """Return the master in `text`, cleaned, with the same contents."""
    notebook = parse(text, file)
    cells = [_as_raw(cell) for cell in notebook["cells"] if cell["source"].strip()]
    for cell, name in zip(cells, cell_ids(cells), strict=True):
        cell["id"] = name
        kept = {key: cell["metadata"][key] for key in CELL_METADATA if cell["metadata"].get(key)}
        cell["metadata"] = kept
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return dump(
        {
            "cells": cells,
            "metadata": {"kernelspec": dict(KERNELSPEC), "language_info": dict(LANGUAGE_INFO)},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def format_master(root: Path, name: str, write: bool) -> bool:
    """Clean the master of an assignment; return whether it was (or would be) changed."""
    path = f"assignments/{name}/{name}.ipynb"
    text = read_text(root, path, "Write it, or correct course.toml.")
    clean = formatted(text, f"{name}.ipynb")
    found = (root / path).read_bytes()
    if not write:
        # Git on Windows may have checked it out with CRLF, which is no reason to complain.
        found = found.replace(b"\r\n", b"\n")
    is_clean = found == clean.encode()
    if not is_clean and write:
        swap_in(root, {path: clean.encode()}, [path])
    return not is_clean


def cell_ids(cells: list[Cell]) -> list[str]:
    """Return the name that each cell should have; naming again changes nothing."""
    names: list[str | None] = [None] * len(cells)
    wanted = [_wanted(cell, spot) for cell, spot in zip(cells, outline(cells), strict=True)]
    taken = set(GENERATED_IDS)
    # Names that an author chose come first: a new cell must not take the name of an old one.
    for chosen in (True, False):
        for i, (name, is_chosen) in enumerate(wanted):
            if is_chosen is chosen:
                names[i] = _free(name[:_LONGEST].rstrip("_"), taken)
                taken.add(names[i])
    return names


def is_named(cell: Cell) -> bool:
    """Return whether a cell's id is a word rather than random characters from an editor."""
    name = cell.get("id", "")
    # Colab draws a name of twelve letters and digits, and keeps a copy of it.
    is_random = _RANDOM.fullmatch(name) or cell.get("metadata", {}).get("id") == name
    return bool(_SLUG.fullmatch(name)) and not is_random


def _as_raw(cell: Cell) -> Cell:
    """Return the raw cell that a boundary was before an editor without raw cells opened it."""
    first, _, rest = cell["source"].partition("\n")
    is_boundary = first.rstrip() in {edge.value for edge in Boundary}
    is_settings = all(_SETTING.fullmatch(line) for line in rest.split("\n"))
    if not is_boundary or not is_settings or cell["cell_type"] == "raw":
        return cell
    kept = {key: cell[key] for key in ("id", "metadata", "source") if key in cell}
    return {**kept, "cell_type": "raw"}


def _wanted(cell: Cell, spot: Spot) -> tuple[str, bool]:
    """Return a suitable name for a cell, and whether the author chose it."""
    if spot.question:
        return f"{spot.question}_{spot.role}", False
    if spot.role in ("text", "code"):
        name = cell.get("id", "")
        if is_named(cell) and not _OF_A_QUESTION.match(name):
            return name, True
        return _from_heading(cell["source"]) or spot.role, False
    return spot.role, False


def _from_heading(source: str) -> str | None:
    heading = re.match(r"#+\s+(.+)", source)
    slug = re.sub(r"[^a-z0-9]+", "_", heading[1].lower()).strip("_0123456789") if heading else ""
    return slug if _SLUG.fullmatch(slug) and not _OF_A_QUESTION.match(slug) else None


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
