"""Mistakes of an author: each is planted by itself; the build, a law or a note must tell it.

    python benchmarks/author_mistakes.py [WORDS]

Writes the course of `unroll new`, proves it, and plants each mistake of author_mistakes.toml (those
that WORDS occur in) in a copy. Builds that, and if it can be built, proves it in the quick form,
which grades only what has changed. Prints for each mistake what caught it, and what was said. The
exit code is 1 when one was caught elsewhere than the list says, or not at all.
"""

import argparse
import base64
import html
import io
import pickle
import shutil
import sys
import tempfile
import textwrap
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from tools.commands.new import new
from tools.errors import AuthorError, AuthorErrors
from tools.grading.workers import Staff, processors
from tools.master.notebook import dump, parse
from tools.proof.plan import Scope
from tools.proof.prove import prove
from tools.proof.verdict import Law, State
from tools.release.build import build

LIST = Path(__file__).with_suffix(".toml")
NAME = "mixed"
FOLDER = f"assignments/{NAME}"
NOT = "not"


@dataclass(frozen=True)
class Plant:
    """A mistake: texts to replace before the build and after it, and what should catch it."""

    mistake: str
    by: str
    edits: tuple[tuple[str, str, str], ...]
    after: tuple[tuple[str, str, str], ...]


def read_plants(words: str = "") -> list[Plant]:
    """Return the mistakes in whose descriptions these words occur."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))
    return [
        Plant(
            each["mistake"],
            each["by"],
            ((each["in"], each.get("find", ""), each["replace"]), *each.get("more", ())),
            tuple(each.get("after", ())),
        )
        for each in listed["plants"]
        if words in each["mistake"]
    ]


def texts() -> dict[str, str]:
    """Return what stands for the names in angle brackets."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))["texts"] | {"year": time.strftime("%Y")}


def _array(text: str) -> bytes:
    np.savez(file := io.BytesIO(), notes=np.frombuffer(text.encode(), dtype=np.uint8))
    return file.getvalue()


def _picture(text: str, **about) -> bytes:
    figure = Figure(figsize=(6, 2))
    figure.text(0, 0, text)
    with mpl.rc_context({"text.parse_math": False}):
        figure.savefig(file := io.BytesIO(), format="png", **about)
    return file.getvalue()


FORMS: dict[str, Callable[[str], str | bytes]] = {
    "": str.strip,
    "inside": lambda text: textwrap.indent(text.strip(), "    "),
    "comment": lambda text: textwrap.indent(text.strip(), "# "),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "array": _array,
    "pickle": pickle.dumps,
    "drawing": lambda text: f'<svg xmlns="http://www.w3.org/2000/svg">{_lines(text)}</svg>',
    "picture": _picture,
    "picture with text": lambda text: _picture("", metadata={"Comment": text}),
}


def _lines(text: str) -> str:
    return "".join(f"<text>{html.escape(line)}</text>" for line in text.split("\n"))


def _filled(template: str) -> str | bytes:
    for name, text in texts().items():
        for form, made in FORMS.items():
            mark = f"<{name}:{form}>" if form else f"<{name}>"
            if template == mark:
                return made(text)
            if mark in template:
                template = template.replace(mark, made(text))
    return template


def plant(root: Path, edits: Sequence[tuple[str, str, str]]) -> None:
    """Make replacements in a course; ValueError if there is nothing to replace."""
    for where, find, template in edits:
        text = _filled(template)
        if "." in where:
            _edit_file(_path(root, where), find, text)
        else:
            path = root / FOLDER / f"{NAME}.ipynb"
            notebook = parse(path.read_text(encoding="utf-8"), path.name)
            (cell,) = [cell for cell in notebook["cells"] if cell["id"] == where]
            cell["source"] = _replaced(cell["source"], find, text)
            path.write_text(dump(notebook), encoding="utf-8")


def _path(root: Path, where: str) -> Path:
    if where.startswith("student_release"):
        return root / where
    return root / ("assignments" if where == "course.toml" else FOLDER) / where


def _edit_file(path: Path, find: str, text: str | bytes) -> None:
    if isinstance(text, bytes):
        path.write_bytes(text)
        return
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(_replaced(before, find, text), encoding="utf-8")


def _replaced(text: str, find: str, new_text: str) -> str:
    if find not in text:
        raise ValueError(f"nothing to replace: {find!r}")
    return text.replace(find, new_text, 1) if find else text + new_text


def caught(root: Path, mistake: Plant, staff: Staff) -> tuple[str, list[str]]:
    """Plant a mistake in a built and proven course; return what caught it, and all that it said."""
    plant(root, mistake.edits)
    try:
        built = build(root, [NAME])
    except (AuthorError, AuthorErrors) as error:
        return "build", str(error).splitlines()
    plant(root, mistake.after)
    notes = [note for each in built for note in each.notes]
    if notes:
        return "note", notes
    if not staff.count:
        return NOT, []
    proof = prove(root, NAME, Scope(), staff, forget=False, tell=lambda _: None)
    broken = [each for each in proof.verdicts.values() if each.state is State.BROKEN]
    # Where several laws are broken, the one that is about this mistake says most.
    broken.sort(key=lambda verdict: verdict.law != mistake.by)
    if broken:
        return broken[0].law, list(broken[0].problems)
    notes = list(proof.verdicts[Law.BITE].notes)
    return ("note", notes) if notes else (NOT, [])


def written(root: Path) -> Path:
    """Write the course, and build it."""
    new(root, NAME)
    build(root, [NAME])
    return root


def tried(plants: Sequence[Plant], workers: int) -> Iterator[tuple[Plant, str, list[str]]]:
    """Yield each mistake, what caught it, and what was said; without workers, nothing is proven."""
    with tempfile.TemporaryDirectory() as folder, Staff(workers) as staff:
        right = written(Path(folder) / "course")
        if workers:
            prove(right, NAME, Scope(), staff, forget=False, tell=lambda _: None)
        for each in plants:
            planted = Path(shutil.copytree(right, Path(folder) / "planted"))
            yield each, *caught(planted, each, staff)
            shutil.rmtree(planted)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mistakes, and print what caught them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("words", nargs="?", default="", help="only mistakes that these occur in")
    options = parser.parse_args(arguments)
    plants = read_plants(options.words)
    wrong = found = 0
    for each, by, said in tried(plants, processors()):
        found += by != NOT
        wrong += by != each.by
        where = by if by in ("build", "note", NOT) else f"law {by}"
        where += f", where `{each.by}` was expected" if by != each.by else ""
        print(f"{each.mistake}: {where}", *(f"    {line}" for line in said), sep="\n", flush=True)
    print(f"{len(plants)} mistakes, {found} caught, {wrong} elsewhere than expected")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
