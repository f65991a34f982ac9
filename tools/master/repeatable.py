"""What a hidden test must not depend on: the hour, the network, the system's entropy.

Such a test judges two equal submissions differently, or the same one tomorrow. It is found in the
code, also under another name; `x = time.time` counts as much as a call.
"""

import ast
from collections.abc import Collection, Iterator

from tools.errors import AuthorError, Place
from tools.master.seeds import full_name, imported

_CLOCKS = {
    f"time.{name}{unit}"
    for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")
    for unit in ("", "_ns")
}
_CLOCKS |= {f"time.{name}" for name in ("localtime", "gmtime", "ctime", "clock_gettime")}
_CLOCKS |= {f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")}
_CLOCKS |= {"datetime.date.today", "timeit.timeit", "timeit.default_timer"}
_CLOCKS |= {f"pandas.Timestamp.{name}" for name in ("now", "utcnow", "today")}
# Of these, "now" and "today" are dates.
_TODAY = ("numpy", "pandas")
_MACHINE = ("os.environ", "os.getenv", "os.uname", "os.cpu_count", "platform", "getpass")
_PROGRAMS = ("subprocess", "os.system", "os.popen", "multiprocessing")
_NETWORK = ("socket", "urllib.request", "http", "ftplib", "smtplib", "requests", "httpx", "aiohttp")
_NETWORK += ("urllib3", "torch.hub", "ssl")
_ENTROPY = {"os.urandom", "os.getrandom", "os.getpid", "uuid.uuid1", "uuid.uuid4"}
_ENTROPY |= {"random.SystemRandom"}
_FIXED = "Compare with a fixed date, or count steps, not seconds."
# What draws, under any other name than its own: the build ties seeds by that name.
_GENERATORS = ("numpy.random.", "random.")


def check_repeatable(tree: ast.AST, where: Place, first: int, what: str = "a hidden test") -> None:
    """Raise an AuthorError for the first thing in `tree` that changes from run to run.

    Line n of `tree` is line `first` + n of `where`.
    """
    modules = dict(_renamed(tree, dict(imported(tree))))
    nodes = sorted(_names(tree), key=lambda node: (node.lineno, -node.col_offset))
    for node in nodes:
        reason = _why(full_name(node, modules))
        if reason:
            raise AuthorError(
                f"`{ast.unparse(node)}` in {what} {reason[0]}",
                Place(where.file, where.cell, first + node.lineno),
                reason[1],
            )
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        words = {a.value for a in values if isinstance(a, ast.Constant)}
        if _is_in(full_name(call.func, modules), _TODAY) and words & {"now", "today"}:
            here = Place(where.file, where.cell, first + call.lineno)
            raise AuthorError(f"`{ast.unparse(call)}` in {what} depends on the clock", here, _FIXED)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in nodes:
        name = full_name(node, modules)
        other = isinstance(node, ast.Name) and node.id != name.rpartition(".")[2]
        if _draws(name) and (other or id(node) not in called):
            raise AuthorError(
                f"`{ast.unparse(node)}` in {what} is {name} under another name",
                Place(where.file, where.cell, first + node.lineno),
                "Call `np.random.default_rng(801)` where you draw: the build ties its seed to the "
                "semester.",
            )


def _why(name: str) -> tuple[str, str] | None:
    """Return what is wrong with something of this full name, and what now."""
    if name in _CLOCKS:
        return "depends on the clock", _FIXED
    if _is_in(name, _MACHINE):
        return "depends on the machine", "Write the value into the test."
    if _is_in(name, _PROGRAMS):
        return "starts other processes, which graders refuse", "Do it in Python, in the test."
    if _is_in(name, _NETWORK):
        return (
            "depends on the network, which graders do not have",
            "Ship the data: list the file under `files` in assignment.toml.",
        )
    if name in _ENTROPY or name.startswith("secrets."):
        return "is different in each run", "Draw from `np.random.default_rng(801)`."
    if name == "time.sleep":
        return "waits, which takes everybody's time and proves nothing", "Remove it."
    if name in ("input", "builtins.input"):
        return "asks somebody, and nobody is there", "Write the value into the test."
    if name == "hash":
        return (
            "is different in each run, because Python salts the hashes of texts",
            "Use `zlib.crc32` or `hashlib`.",
        )
    return None


def _is_in(name: str, modules: Collection[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _draws(name: str) -> bool:
    module, _, function = name.rpartition(".")
    return f"{module}." in _GENERATORS and function[:1].islower()


def _names(tree: ast.AST) -> list[ast.expr]:
    """Return the longest dotted names: `np.random.normal`, not its `np.random` again."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    kinds = ast.Name | ast.Attribute
    return [n for n in ast.walk(tree) if isinstance(n, kinds) and id(n) not in inner]


def _renamed(tree: ast.AST, modules: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the imported names, and those that assignments give to what was imported."""
    yield from modules.items()
    yield from ((name, name) for name in ("hash", "input"))  # builtins
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            (target,), name = node.targets, full_name(node.value, modules)
            if isinstance(target, ast.Name) and name:
                yield target.id, name
