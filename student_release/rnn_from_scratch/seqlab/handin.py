"""Hand in: compare the notebook on the disk with what ran, and write the zip with a receipt.

The zip holds the file as it was saved. So before anybody finds out by their marks, the last cell
says which answers ran and are not in it, which are in it and never ran, and which checks failed.
Nothing of that stops the export.
"""

import ast
import datetime
import hashlib
import importlib
import importlib.metadata
import itertools
import json
import os
import platform
import re
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from seqlab.sources import defined_in, parsed, used_in
from seqlab.unanswered import NOTHING, prompts, unanswered

RECEIPT = "receipt.json"
ANSWER, IGNORED = "otter_answer_cell", "otter_ignore"
# What Otter writes where a text belongs.
OPEN_TEXT = "_Type your answer here, replacing this text._"
PACKAGES = ("numpy", "torch", "matplotlib", "otter-grader")
# Of a list in a sentence.
MOST_NAMED = 4
_QUESTION = re.compile(r"""\bgrader\s*\.\s*check\(\s*["'](\w+)["']""")


class NotebookNotFoundError(ValueError):
    """Which notebook to hand in cannot be told; the message says what to do."""


def export(grader, names, nb_path, export_path, options):
    """Write the zip by Otter, or by ourselves where Otter cannot; print what to look at first."""
    name, contents = current_notebook(names, nb_path)
    values = json.loads(contents)
    ran = [source for source in names.get("In", ()) if source.strip()]
    remarks = remarks_on(values, ran, grader.checked)
    for remark in remarks:
        print(f"Before you hand in: {remark}")
    path = export_path or _zip_path(name)
    if not _by_otter(grader, name, contents, path, options):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, contents)
    receipt = receipt_for(values, name, contents, grader.checked, remarks)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(RECEIPT, json.dumps(receipt, indent=1, ensure_ascii=False) + "\n")
    print(summary(receipt, path))
    _offer(path)


def _by_otter(grader, name, contents, path, options):
    """Let Otter write the zip of the saved file; return whether it did."""
    with suppress(OSError):
        if Path(name).read_bytes() == contents:
            try:
                grader.otters.export(name, path, **options)
            except RuntimeError:  # Otter does not run here
                return False
            return True
    return False


def _offer(path):
    """Start the download where files are on another machine."""
    with suppress(Exception):
        if in_colab():
            sys.modules["google.colab"].files.download(path)


# --- the notebook -----------------------------------------------------------------------------


def in_colab():
    """Say whether this is Google Colab, which keeps the notebook elsewhere."""
    return "google.colab" in sys.modules


def current_notebook(names, nb_path=None):
    """Return the name of the notebook that runs, and its bytes: the saved file, or Colab's own."""
    if nb_path is None and in_colab() and (contents := _from_colab()):
        return f"{_assignment(json.loads(contents)) or 'notebook'}.ipynb", contents
    path = Path(nb_path or _found(names))
    contents = path.read_bytes()
    if not contents.strip():
        raise NotebookNotFoundError(f"{path} is empty. Save the notebook and run this cell again.")
    return os.path.relpath(path), contents


def _from_colab():
    """Return the notebook as the browser shows it; None where Colab does not tell."""
    with suppress(Exception):
        message = importlib.import_module("google.colab._message")
        answer = message.blocking_request("get_ipynb", request="", timeout_sec=60)
        return (json.dumps(answer["ipynb"], indent=1, ensure_ascii=False) + "\n").encode()
    return None


def _found(names):
    # VS Code and JupyterLab tell which notebook runs.
    for told in (names.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if told and str(told).endswith(".ipynb") and Path(told).is_file():
            return told
    here = sorted(str(file) for file in Path().glob("*.ipynb"))
    if len(here) == 1:
        return here[0]
    many = f"there are {len(here)}: {', '.join(here[:MOST_NAMED])}. Keep only yours in this folder"
    if in_colab():
        many = "Colab does not tell. Choose File > Download > Download .ipynb, and submit that file"
    elif not here:
        many = "there is none in this folder. Save it here"
    raise NotebookNotFoundError(
        f"Could not resolve notebook path: {many}, or name the file: "
        'grader.export("my notebook.ipynb", pdf=False).'
    )


def _zip_path(name):
    moment = datetime.datetime.now().strftime("%Y_%m_%dT%H_%M_%S_%f")
    return f"{name.removesuffix('.ipynb')}_{moment}.zip"


def _cells(values):
    """Return the notebook's code cells that graders run: source, and whether it is an answer's."""
    found = []
    for cell in values.get("cells", ()):
        tags = cell.get("metadata", {}).get("tags", [])
        if cell.get("cell_type") == "code" and IGNORED not in tags:
            source = cell.get("source", "")
            source = source if isinstance(source, str) else "".join(source)
            found.append(SimpleNamespace(source=source, is_answer=ANSWER in tags))
    return found


def _assignment(values):
    return values.get("metadata", {}).get("unroll", {}).get("assignment")


# --- what to look at --------------------------------------------------------------------------


def remarks_on(values, ran, checked):
    """Return what stands out: nothing answered, not saved, not run, out of order, a failed check.

    values: the notebook that is handed in; ran: the cells that ran, in that order, each time they
    did; checked: by question whether it passed, and how many cells had run by then.
    """
    cells = _cells(values)
    questions = questions_of(cells)
    open_ = unanswered(cells, questions)
    saved, run = _last_definitions(c.source for c in cells), _last_definitions(ran)
    answers = [c for c in cells if c.is_answer]
    own = [name for c in answers for name in defined_in(parsed(c.source))]
    remarks = []
    unsaved = [n for n in own if n in run and _plain(run[n][1]) != _plain(saved[n][1])]
    if questions and len(open_) == len(questions) and not unsaved:
        return [NOTHING]
    if unsaved:
        remarks.append(
            f"{_listed(unsaved)} in the file differs from what ran last. Save the notebook (or run "
            "the changed cell), then run this cell again."
        )
    not_run = [n for n in own if n not in run and not _is_prompt(saved[n][1])]
    if not_run:
        remarks.append(f"{_listed(not_run)} did not run in this session, so nothing checked it.")
    gone = _gone(cells, ran)
    if gone:
        remarks.append(
            f"{_listed(gone)} is used but no cell of the file defines it: the grader will not find "
            "it. Was its cell deleted?"
        )
    early = _out_of_order(cells, ran)
    if early and not unsaved:
        remarks.append(
            f"the cell that begins `{early}` ran after cells below it. The grader runs all cells "
            "from top to bottom: restart the kernel and run all to see the same."
        )
    failed = [q for q in questions if q in checked and not checked[q][0] and q not in open_]
    if failed:
        remarks.append(f"the check of {_listed(failed, code=False)} failed.")
    late = {q for c in cells if {*defined_in(parsed(c.source))} & {*unsaved} for q in prompts([c])}
    if open_ := [q for q in open_ if q not in late]:
        remarks.append(f"{_listed(open_, code=False)} has no answer yet.")
    if empty := _empty_texts(values):
        remarks.append(f"{_listed(empty, code=False)} has no text yet.")
    return remarks


def _empty_texts(values):
    """Return the headings above written answers in which Otter's own line still stands."""
    heading, found = "a written answer", []
    for cell in values.get("cells", ()):
        if cell.get("cell_type") != "markdown":
            continue
        text = "".join(cell.get("source", ()))
        if text.strip() == OPEN_TEXT:
            found.append(heading)
        for line in text.split("\n"):
            heading = line.lstrip("# ").strip() if line.startswith("#") else heading
    return found


def questions_of(cells):
    """Return the questions of a notebook, by its checks and by prompts that are left."""
    found = dict.fromkeys(q for cell in cells for q in _QUESTION.findall(cell.source))
    return [*found, *(q for q in prompts(cells) if q not in found)]


def _last_definitions(sources):
    """Return for each name where it was defined last: the number of the cell, and the code."""
    found = {}
    for number, source in enumerate(sources):
        for statement in parsed(source):
            for name in defined_in([statement]):
                found[name] = number, statement
    return found


def _plain(statement):
    """Return a statement without comments and layout."""
    return ast.dump(statement)


def _is_prompt(statement):
    return bool(prompts([SimpleNamespace(source=ast.unparse(statement))]))


def _gone(cells, ran):
    """Return names that answers need, that ran, and that no cell of the file defines."""
    statements = [s for c in cells for s in parsed(c.source)]
    if any(isinstance(s, ast.ImportFrom) and s.names[0].name == "*" for s in statements):
        return []
    saved = {name for s in statements for name in defined_in([s])}
    ran_before = {name for source in ran for s in parsed(source) for name in defined_in([s])}
    needed = [name for c in cells if c.is_answer for s in parsed(c.source) for name in used_in(s)]
    return [name for name in dict.fromkeys(needed) if name in ran_before - saved]


def _out_of_order(cells, ran):
    """Return the first line of a cell that ran last after a cell below it did; "" for none."""
    last = {source.strip(): number for number, source in enumerate(ran)}
    sources = [c.source.strip() for c in cells]
    last = {source: number for source, number in last.items() if sources.count(source) == 1}
    places = [(last.get(c.source.strip()), c) for c in cells if "grader." not in c.source]
    places = [(number, cell) for number, cell in places if number is not None]
    for (number, cell), (following, _) in itertools.pairwise(places):
        if number > following:
            return cell.source.strip().partition("\n")[0][:50]
    return ""


def _listed(names, code=True):
    names = list(dict.fromkeys(names))
    shown = [f"`{name}`" if code else name for name in names[:MOST_NAMED]]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(shown) + more


# --- the receipt ------------------------------------------------------------------------------


def receipt_for(values, name, contents, checked, remarks):
    """Return what was handed in, when, and with which versions, as plain values."""
    cells = _cells(values)
    questions = questions_of(cells)
    open_ = set(unanswered(cells, questions))
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    own = values.get("metadata", {}).get("unroll", {})
    return {
        "assignment": own.get("assignment"),
        "semester": own.get("semester"),
        "notebook": name,
        "sha256": hashlib.sha256(contents).hexdigest(),
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "questions": {q: _state(q, open_, checked) for q in questions},
        "remarks": remarks,
        "versions": versions,
    }


def _state(question, open_, checked):
    if question in open_:
        return "not answered"
    if question not in checked:
        return "answered, not checked in this session"
    return "check passed" if checked[question][0] else "check failed"


def summary(receipt, path):
    """Return the receipt in a few words, for the student."""
    states = list(receipt["questions"].values())
    answered = sum(state != "not answered" for state in states)
    passed = states.count("check passed")
    return (
        f"{os.path.basename(path)}: {receipt['notebook']}, {answered} of {len(states)} questions "
        f"answered, {passed} checks passed, at {receipt['time']}, "
        f"sha256 {receipt['sha256'][:12]}. Hand in this zip."
    )
