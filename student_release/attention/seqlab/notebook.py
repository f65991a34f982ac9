"""The notebook's grader: Otter's, and above its results what they mean in a sentence or two.

The same modules make the sentences that you read after grading. Nothing here changes what Otter
does or says; where a test fails, it runs once more, quietly, to see why.
"""

import contextlib
import copy
import functools
import inspect
import io
import linecache
import sys
import time
import types
import warnings
from pathlib import Path

# A failed check that took longer is not repeated.
MOST_SECONDS = 20
MOST_LINES = 4


def explained(otters):
    """Return Otter's notebook with explanations, or as it is where it grades: there nobody reads.

    grader = explained(otter.Notebook())
    """
    graded = getattr(type(otters), "_grading_mode", False)
    return otters if graded or not type(otters).__module__.startswith("otter.") else Grader(otters)


class Grader:
    """Otter's notebook; `check` and `check_all` explain what fails, `export` adds a receipt.

    checked: whether each question passed when it was last checked, with the number of cells that
    had run by then.
    """

    def __init__(self, otters):
        self.otters = otters
        self.checked = {}

    def __getattr__(self, name):
        return getattr(self.otters, name)

    def check(self, question, global_env=None):
        """Run the checks of a question."""
        names = sys._getframe(1).f_globals if global_env is None else global_env
        started = time.monotonic()
        result = self.otters.check(question, names)
        quick = time.monotonic() - started < MOST_SECONDS
        # An explanation that fails must not cost the check.
        with contextlib.suppress(Exception):
            self.checked[question] = bool(result.passed_all), len(names.get("In", ()))
            for line in explanation(result, names) if quick else ():
                print(f"{question}: {line}")
        return result

    def check_all(self):
        """Run all checks, in the order of the questions."""
        from otter.test_files import GradingResults

        names = sys._getframe(1).f_globals
        return GradingResults([self.check(question, names) for question in self.questions()])

    def questions(self):
        """Return the questions with checks, in their order."""
        folder = Path(getattr(self.otters, "_tests_dir", "tests"))
        found = [file.stem for file in folder.glob("*.py") if file.stem != "__init__"]
        return sorted(found, key=_order)

    def export(self, nb_path=None, export_path=None, **options):
        """Write the zip to hand in, with a receipt, and say what seems to be missing in it."""
        from seqlab import handin

        return handin.export(self, sys._getframe(1).f_globals, nb_path, export_path, options)


def _order(question):
    number = "".join(c for c in question.partition("_")[0] if c.isdigit())
    return int(number or 0), question


def explanation(result, names):
    """Return what is to be said of the failed tests of Otter's result, each thing once."""
    failed = [each.test_case.body for each in result.test_case_results if not each.passed]
    said = [sentence for body in failed for sentence in why(body, names)]
    return list(dict.fromkeys(said))[:MOST_LINES]


def why(body, names):
    """Return why a test fails, as sentences: run it again and look."""
    from seqlab import failures

    parameters = inspect.signature(body.test_func).parameters
    absent = [name for name in parameters if name not in names and name != "env"]
    if absent:
        return [failures.missing(name, "run its cell first.") for name in absent]
    is_open = [name for name in parameters if names.get(name) is ...]
    if is_open:
        return [failures.left_open(name) for name in is_open]
    record = Record(names)
    try:
        with _quiet():
            body.call_func(record.names(parameters))
    except Exception as error:
        return _sentences(error, names, record, parameters)
    return []


@contextlib.contextmanager
def _quiet():
    unread, quiet = io.StringIO(), warnings.catch_warnings(action="ignore")
    with contextlib.redirect_stdout(unread), contextlib.redirect_stderr(unread), quiet:
        yield


class Record:
    """The notebook's functions, with what each returned last, and the last call's arguments."""

    def __init__(self, names):
        self._names = names
        self.returned = {}
        self.arguments = {}

    def names(self, parameters):
        """Return the notebook's names, those of the parameters recording."""
        found = {name: self._names[name] for name in parameters if name in self._names}
        own = {n: f for n, f in found.items() if isinstance(f, types.FunctionType)}
        return {**self._names, **{n: self._recording(n, f) for n, f in own.items()}}

    def _recording(self, name, function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            self.arguments = _bound(function, args, kwargs)
            result = function(*args, **kwargs)
            self.returned.pop(name, None)  # the last one called is the last in the dictionary
            self.returned[name] = result
            return result

        return call


def _bound(function, args, kwargs):
    """Return copies of a call's arguments by name; nothing where they cannot be copied."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
        return copy.deepcopy(dict(bound.arguments))
    except Exception:
        return {}


def _sentences(error, names, record, parameters):
    from seqlab import failures
    from seqlab.sentences import about

    step = _students_step(error, names)
    if step is not None:
        return [_raised(error, *step)]
    if isinstance(error, AssertionError):
        # Without the table above its last sentence.
        said = str(error).rpartition("\n\n")[2]
        return [said, *about(getattr(error, "compared", ()), record.arguments)]
    for name in parameters:
        if isinstance(error, TypeError) and not callable(names[name]) and _is_called(error, name):
            kind = failures.kind_of(names[name])
            return [failures.overwritten(f"`{name}` is {kind}, not a function")]
    return [failures.stumbled(error, record.returned)]


def _is_called(error, name):
    """Say whether the line in which an error was raised calls a name."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    line = linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
    return "not callable" in str(error) and (f"{name}(" in line or not line)


def _students_step(error, names):
    """Return the file and the line of the notebook where an error was raised last, or None."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals is names:
            found = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return found


def _raised(error, file, number):
    from seqlab import failures

    lines = [line.rstrip("\n") for line in linecache.getlines(file)]
    label = next((line.strip() for line in lines if line.strip()), "")
    code = lines[number - 1] if 0 < number <= len(lines) else ""
    where = failures.place(number, failures.shortened(label)) if label else ""
    undefined = failures.undefined_in(str(error)) if isinstance(error, NameError) else None
    remedy = "run its cell first, or import it."
    text = failures.missing(undefined, remedy) if undefined else str(error)
    return failures.raised(type(error).__name__, text, where, code)
