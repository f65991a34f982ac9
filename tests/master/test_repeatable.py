"""What a hidden test must not depend on, and what code needs around it: refused with a remedy."""

import pytest

CLOCK = "Compare with a fixed date, or count steps, not seconds."
NETWORK = "Ship the data: list the file under `files` in assignment.toml."
DRAW = "Draw from `np.random.default_rng(801)`."
SALT = "Use `zlib.crc32` or `hashlib`."
TIED = "Call `np.random.default_rng(801)` where you draw: the build ties its seed to the semester."
HIDDEN = "tiny.ipynb, cell q1_test_negative, line {line}: `{code}` in a hidden test {what}. {now}"
LINES = {
    "the clock": (
        "import time\nlate = time.time() > 2e9",
        "time.time",
        CLOCK,
        "depends on the clock",
    ),
    "a clock kept for later": (
        "from time import perf_counter as tick\nstart = tick()",
        "tick",
        CLOCK,
        "depends on the clock",
    ),
    "the date": (
        "import datetime as d\nyear = d.date.today().year",
        "d.date.today",
        CLOCK,
        "depends on the clock",
    ),
    "the date of NumPy": (
        "import numpy as np\nnow = np.datetime64('now')",
        "np.datetime64('now')",
        CLOCK,
        "depends on the clock",
    ),
    "the date of pandas": (
        "import pandas as pd\nnow = pd.Timestamp.now()",
        "pd.Timestamp.now",
        CLOCK,
        "depends on the clock",
    ),
    "the date of a range": (
        "import pandas as pd\ndays = pd.date_range(end='today', periods=3)",
        "pd.date_range(end='today', periods=3)",
        CLOCK,
        "depends on the clock",
    ),
    "the machine": (
        "import os\nhome = os.environ['HOME']",
        "os.environ",
        "Write the value into the test.",
        "depends on the machine",
    ),
    "another program": (
        "import subprocess\nsubprocess.run(['wget', 'x'])",
        "subprocess.run",
        "Do it in Python, in the test.",
        "starts other processes, which graders refuse",
    ),
    "weights of PyTorch": (
        "import torch\ncell = torch.nn.GRUCell(2, 3)",
        "torch.nn.GRUCell(2, 3)",
        "Call `torch.manual_seed(801)` first, or give it weights from `default_rng`.",
        "draws without a seed of its own",
    ),
    "a filled tensor": (
        "import torch\nnoise = torch.empty(3).normal_()",
        "torch.empty(3).normal_()",
        "Call `torch.manual_seed(801)` first, or give it weights from `default_rng`.",
        "draws without a seed of its own",
    ),
    "the network": (
        "from urllib.request import urlopen\npage = urlopen('https://example.edu')",
        "urlopen",
        NETWORK,
        "depends on the network, which graders do not have",
    ),
    "entropy": ("import os\nnoise = os.urandom(8)", "os.urandom", DRAW, "is different in each run"),
    "a secret": (
        "import secrets as s\nnoise = s.token_bytes(8)",
        "s.token_bytes",
        DRAW,
        "is different in each run",
    ),
    "a hash": (
        "\nnumber = hash('a')",
        "hash",
        SALT,
        "is different in each run, because Python salts the hashes of texts",
    ),
    "a generator by another name": (
        "from numpy.random import default_rng as make\nx = make(8)",
        "make",
        TIED,
        "is numpy.random.default_rng under another name",
    ),
    "a draw kept for later": (
        "import numpy as np\nmake = np.random.normal",
        "np.random.normal",
        TIED,
        "is numpy.random.normal under another name",
    ),
}


@pytest.mark.parametrize(("lines", "code", "now", "what"), LINES.values(), ids=LINES)
def test_what_changes_from_run_to_run(refused, project, lines, code, now, what):
    body = "\n    ".join(lines.split("\n"))
    project.edit("q1_test_negative", "    from seqlab", f"    {body}\n    from seqlab")
    assert refused() == [HIDDEN.format(line=9, code=code, what=what, now=now)]


def test_a_public_test_may_look_at_the_clock(project, unroll):
    project.edit(
        "q1_test_two", "    from seqlab", "    import time\n\n    time.time()\n    from seqlab"
    )
    assert unroll("build")[0] == 0


def test_a_hidden_test_that_takes_a_given_function(refused, project):
    project.edit("q2_code", "observations =", "def scale(x):\n    return 2 * x\n\n\nobservations =")
    project.edit("q2_test_spread", "test_spread(spread)", "test_spread(spread, scale)")
    project.edit("q2_test_spread", "[[1.0]", "scale(1) * [[0.5]")
    (said,) = refused()
    assert said.startswith(
        "tiny.ipynb, cell q2_test_spread, line 6: this hidden test takes `scale` from the "
        "student's notebook, where it is given in cell q2_code: who redefines it decides what is "
        "right. "
    )


def test_two_answers_of_one_name(refused, project):
    project.edit("q3_solution", "def quiet():", "def double(x):\n    return x\n\n\ndef quiet():")
    assert refused() == [
        "tiny.ipynb, cell q3_solution: `double` is defined by the answers to q1_double and "
        "q3_quiet. Rename one: the later takes the place of the earlier."
    ]


def test_a_given_cell_that_answers_again(refused, project):
    project.edit("q2_code", "observations =", "def double(x):\n    return x\n\n\nobservations =")
    assert refused() == [
        "tiny.ipynb, cell q2_code, line 1: `double`, the answer to q1_double, is defined again by "
        "a given cell. Rename it: tests would take this one."
    ]


def test_a_test_that_takes_everything(refused, project):
    project.edit("q3_test_word", "test_word(quiet)", "test_word(quiet, env)")
    project.edit("q3_test_word", '"hush")', 'env["word"])')
    assert refused() == [
        "tiny.ipynb, cell q3_test_word, line 6: the test takes all names of the notebook, `env`, "
        "which only Otter passes. Take the names themselves as parameters."
    ]


SHIP = "ut it into testing/, or, if students may have it, list it in `files`."
FILES = {
    "a file": (
        'open("secret.csv").read()',
        f'line 8: this test reads "secret.csv", which graders do not have. P{SHIP}',
    ),
    "a path kept for later": (
        'path = "secret.csv"\n    open(path).read()',
        f'line 9: this test reads "secret.csv", which graders do not have. P{SHIP}',
    ),
    "an address": (
        'import urllib.error\n\n    open("https://example.edu/a.csv")',
        'line 10: this test reads "https://example.edu/a.csv": graders have no network. Ship the '
        f"data: p{SHIP}",
    ),
}


@pytest.mark.parametrize(("lines", "said"), FILES.values(), ids=FILES)
def test_a_file_that_graders_do_not_have(refused, project, lines, said):
    project.edit("q3_test_word", "    from", f"    {lines}\n    from")
    assert refused() == [f"tiny.ipynb, cell q3_test_word, {said}"]


def test_a_module_of_another_spelling(refused, project):
    project.edit("code", "from seqlab import", "from seqlb import")
    assert refused() == [
        'tiny.ipynb, cell code, line 3: there is no module `seqlb`. Did you mean "seqlab"?'
    ]


def test_a_file_that_the_test_writes_first(project, unroll):
    project.edit(
        "q3_test_word",
        "    from",
        '    open("own.csv", "w").close()\n    open("own.csv")\n    from',
    )
    assert unroll("build")[0] == 0


@pytest.mark.parametrize("cell", ["q1_test_two", "code_2"])
def test_an_import_that_the_requirements_lack(refused, project, cell):
    inside = "    " if "test" in cell else ""
    old = "    from" if inside else "print("
    project.edit(cell, old, f"{inside}import scipy.special\n\n{old}")
    (said,) = refused()
    assert said.startswith(f"tiny.ipynb, cell {cell}, line ")
    assert said.endswith(
        "`scipy` is imported, but scipy is not among the requirements. "
        'Add "scipy" to `requirements` in assignment.toml, or do without it.'
    )


def test_an_import_that_code_can_do_without(project, unroll):
    source = "try:\n    import scipy\nexcept ImportError:\n    scipy = None\nprint("
    project.edit("code_2", "print(", source)
    assert unroll("build")[0] == 0
