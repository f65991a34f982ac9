"""The leak gate: each leak planted here is refused, with its origin and location."""

import base64
import json
import re
import shutil

import pytest

from tools.leaks.leak import check_release
from tools.master.master import read
from tools.master.secrets import flat, flat_prose, numbers, secrets_of
from tools.release import notebooks

NOTEBOOK = "student_release/tiny/tiny.ipynb"
POLICY = "assignments/tiny/assignment.toml"
REMEDY = f"Remove it there, or, if it gives nothing away, list it in may_repeat of {POLICY}."
FORMULA = "column_means = np.asarray(values).mean(axis=0, keepdims=True)"
ROOT = "return np.sqrt(np.mean(centered ** 2, axis=0))"


def leak(where: str, what: str, text: str, cell: str, line: int) -> str:
    origin = f"tiny.ipynb, cell {cell}, line {line}"
    return f"{where}: students would see {what}, `{text}`, which is secret in {origin}. {REMEDY}"


def formula_at(where: str) -> str:
    return leak(where, "a line of the solution", FORMULA, "q2_solution", 4)


@pytest.mark.parametrize(
    ("planted", "line"),
    [
        ("In short:\n\n    column_means = np.asarray(values).mean(axis=0, keepdims=True)", 5),
        ("column_means=np . asarray( values ).mean( axis = 0,keepdims =True )", 3),
        ("`column_means = np.asarray(values).mean(axis=0, keepdims=True)`", 3),
        ("x\n# column_means = np.asarray(values).mean(axis=0, keepdims=True)  # the mean", 4),
        ("#column_means = np.asarray(\n#    values,  # rows\n#).mean(axis=0, keepdims=True,)", 3),
        ("> >>> column_means = np.asarray(\n> ...     values).mean(\n> axis=0, keepdims=True)", 3),
        ("1. column_means = (np.asarray(values) \\\n    .mean(axis=0, keepdims=True))", 3),
    ],
    ids=["code", "respaced", "backticks", "comment", "comments", "quoted prompt", "wrapped"],
)
def test_a_line_of_the_solution_in_markdown(refused, project, planted, line):
    project.edit("text", "Between two questions there may be text.", f"Text.\n\n{planted}")
    assert refused() == [formula_at(f"{NOTEBOOK}, cell text, line {line}")]


@pytest.mark.parametrize(
    ("planted", "part", "cell", "line"),
    [
        ("Use $x$ and `np.sqrt(np.mean(centered**2, axis=0))`.", ROOT[7:], "q2_solution", 16),
        (
            "x <- np.mean(centered ** 2, axis=0)",
            "np.mean(centered ** 2, axis=0)",
            "q2_solution",
            16,
        ),
    ],
    ids=["a returned value", "an argument"],
)
def test_a_part_of_a_line(refused, project, planted, part, cell, line):
    project.edit("text", "Between", f"{planted}\n\nBetween")
    where = f"{NOTEBOOK}, cell text, line 1"
    assert refused() == [leak(where, "part of a line of the solution", part, cell, line)]


def test_a_statement_of_several_lines(refused, project):
    project.edit("q2_code", "observations", f"# {ROOT}\nobservations")
    where = f"{NOTEBOOK}, cell q2_code, line 1"
    assert refused() == [leak(where, "a line of the solution", ROOT, "q2_solution", 16)]


@pytest.mark.parametrize("quote", ["'", '"', '"""'])
def test_a_line_of_a_hidden_test_with_other_quotes(refused, project, quote):
    line = f"assert_close(f{quote}double of shape {{shape}}{quote}, double(x.copy()), x + x)"
    project.edit("q1_text", "Write", f"{line}\n\nWrite")
    where = f"{NOTEBOOK}, cell q1_text, line 3"
    text = 'assert_close(f"double of shape {shape}", double(x.copy()), x + x)'
    assert refused() == [leak(where, "a line of a hidden test", text, "q1_test_array", 14)]


def test_prose_of_hidden_tests_and_solutions(refused, project):
    project.edit(
        "text",
        "Between",
        "An array of *random numbers* is doubled,\nentry by entry?\n\n"
        "ARRAYS know how to multiply themselves: no loop is needed!\n\n"
        "Taking away zero changes nothing...\n\nBetween",
    )
    title = "An array of random numbers is doubled, entry by entry"
    message = "Arrays know how to multiply themselves – no loop is needed."
    assert refused() == [
        leak(f"{NOTEBOOK}, cell text, line {line}", what, text, cell, row)
        for line, what, text, cell, row in [
            (1, "the title of a hidden test", title, "q1_test_array", 7),
            (4, "the failure message of a hidden test", message, "q1_test_array", 4),
            (
                6,
                "a sentence of the solution",
                "Taking away zero changes nothing.",
                "q4_solution",
                1,
            ),
        ]
    ]


@pytest.mark.parametrize("number", ["1.247219128924647", "1.2472191289246470e0"])
def test_an_expected_value(refused, project, number):
    project.edit("q2_text", "Write", f"The spread is {number}.\n\nWrite")
    where = f"{NOTEBOOK}, cell q2_text, line 3"
    what = "a number in a line of a hidden test"
    assert refused() == [leak(where, what, "1.247219128924647", "q2_test_spread", 11)]


def test_a_cells_metadata(refused, project):
    project.update("text", metadata={"note": [FORMULA]})
    place = f"{NOTEBOOK}, cell text, metadata"
    key = 'the cell\'s metadata has the key "note", which students need not see'
    assert refused() == [formula_at(place), f"{place}: {key}. Run `unroll format tiny`."]


def test_a_tag(refused, project):
    sentence = "Taking away zero changes nothing."
    project.update("text", metadata={"tags": [sentence]})
    where = f"{NOTEBOOK}, cell text, metadata"
    assert refused() == [leak(where, "a sentence of the solution", sentence, "q4_solution", 1)]


def test_the_notebooks_metadata(refused, project):
    notebook = project.notebook()
    notebook["metadata"]["notes"] = {FORMULA: 1}
    project.save(notebook)
    key = 'the notebook\'s metadata has the key "notes", which students need not see'
    assert refused() == [
        formula_at(f"{NOTEBOOK}, metadata"),
        f"{NOTEBOOK}, metadata: {key}. Run `unroll format tiny`.",
    ]


@pytest.mark.parametrize("encode", [str, lambda text: base64.b64encode(text.encode()).decode()])
def test_an_attachment(refused, project, encode):
    project.update("text", attachments={"a.txt": {"text/plain": encode(f"a\n{FORMULA}")}})
    place = f"{NOTEBOOK}, cell text, attachments"
    assert refused() == [
        formula_at(place),
        f"{place}: the cell has an attachment. Save it as a file beside the master, and list it in "
        "assignment.toml.",
    ]


def test_a_support_file(refused, project):
    project.edit_file("assignments/tiny/words.txt", "eggs", f"eggs\n\n{FORMULA}")
    assert refused() == [formula_at("student_release/tiny/words.txt, line 4")]


def test_the_support_package(refused, project):
    project.edit_file("assignments/seqlab/__init__.py", '"""', f'"""# {FORMULA}\n')
    assert refused()[0] == formula_at("student_release/tiny/seqlab/__init__.py, line 1")


def test_the_name_of_a_file(refused, project):
    name = "the-square_root comes last.txt"
    (project.root / "assignments/tiny" / name).write_text("", encoding="utf-8")
    project.edit_file(POLICY, '"words.txt"', f'"words.txt", "{name}"')
    what = "the failure message of a hidden test"
    shown = leak("…", what, "The square root comes last.", "q2_test_spread", 4)[1:]
    first, second = refused()
    assert re.fullmatch(rf"student_release/tiny/README.md, line \d+{re.escape(shown)}", first)
    assert second == f"student_release/tiny/{name}, name{shown}"


def test_a_public_test(refused, project):
    project.edit("q2_test_shape", "    values =", f"    # {FORMULA}\n    values =")
    assert refused() == [formula_at("student_release/tiny/tests/q2_center.py, line 15")]


def test_the_template_of_the_students_readme(refused, project, monkeypatch, tmp_path):
    templates = tmp_path / "templates"
    shutil.copytree(notebooks.TEMPLATES, templates)
    readme = templates / "student_readme.md.j2"
    readme.write_text(f"{FORMULA}\n" + readme.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(notebooks, "TEMPLATES", templates)
    assert refused() == [formula_at("student_release/tiny/README.md, line 1")]


def test_a_line_that_may_repeat(project, unroll):
    project.edit("text", "Between", f"{FORMULA}\n\nBetween")
    project.edit_file(POLICY, "may_repeat = [", f"may_repeat = ['{FORMULA.replace(' ', '')}', ")
    assert unroll("build")[0] == 0


def test_a_line_that_need_not_repeat(refused, project):
    project.edit_file(POLICY, "may_repeat = [", f"may_repeat = ['{FORMULA}', ")
    assert refused() == [
        f"{POLICY}: `{FORMULA}` in may_repeat is not a line that the release repeats. "
        "Remove it from the list."
    ]


# --- the gate alone, on releases that a build would not produce -------------------------------


def findings(built, **changes) -> list[str]:
    """Return the gate's errors for the built release with these changes to its cells."""
    tiny = read(built.master.read_text(encoding="utf-8"), "tiny")
    files = {p: text for p, text in built.tree().items() if p.startswith("student_release/tiny")}
    notebook = json.loads(files[NOTEBOOK])
    for cell in notebook["cells"]:
        cell |= changes.get(cell["id"], {})
    files[NOTEBOOK] = json.dumps(notebook).encode()
    files |= changes.get("files", {})
    allowed = ["values = np.arange(12.0).reshape(3, 4) - 5.0"]
    return [str(error) for error in check_release(tiny, files, allowed, POLICY)]


def test_the_built_release_has_none(built):
    assert findings(built) == []


@pytest.mark.parametrize(
    "cell",
    [
        {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["9\n"]}]},
        {"execution_count": 1},
    ],
)
def test_outputs(built, cell):
    (found,) = findings(built, code=cell)
    place = f"{NOTEBOOK}, cell code, outputs"
    assert (
        found == f"{place}: the cell has outputs or an execution count. Run `unroll format tiny`."
    )


def test_an_output_that_shows_the_solution(built):
    output = {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["x", FORMULA]}
    found = findings(built, code={"outputs": [output]})
    assert found[0] == formula_at(f"{NOTEBOOK}, cell code, outputs")


@pytest.mark.parametrize("name", ["q1_test_array", "q4_solution", "q2_tests_begin"])
def test_a_cell_of_a_solution_or_test(built, name):
    (found,) = findings(built, text={"id": name})
    assert found.startswith(f"{NOTEBOOK}, cell {name}: the cell is from tiny.ipynb, where it")


@pytest.mark.parametrize(
    "name", [".OTTER_LOG", "seqlab/__pycache__/checks.pyc", ".ipynb_checkpoints/a", "tiny.otter"]
)
def test_traces_of_a_run(built, name):
    (found,) = findings(built, files={f"student_release/tiny/{name}": b""})
    assert found.startswith(f"student_release/tiny/{name}: this file is a trace of running")


def needles(built, cell: str, old: str, new: str) -> set[str]:
    """Return the secrets of the tiny master with this text in one of its cells."""
    notebook = json.loads(built.master.read_text(encoding="utf-8"))
    (found,) = [c for c in notebook["cells"] if c["id"] == cell]
    found["source"] = "".join(found["source"]).replace(old, new)
    return {secret.needle for secret in secrets_of(read(json.dumps(notebook), "tiny"))}


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('grads["W_hh"] += h[:, t].T @ dz', "h[:, t].T @ dz"),
        ('dh_next = dz @ params["W_hh"].T', 'dz @ params["W_hh"].T'),
        ("return np.eye(vocab_size)[indices]", "np.eye(vocab_size)[indices]"),
        ("dz = dh * (1.0 - h[:, t + 1] ** 2)", "1.0 - h[:, t + 1] ** 2"),
        ("i = int(rng.choice(V, p=softmax(z / heat)))", "rng.choice(V, p=softmax(z / heat))"),
        ("values[i, :length] = indices[:-1]", "values[i, :length] = indices[:-1]"),
    ],
)
def test_the_formula_in_a_line_of_a_solution_is_secret(built, line, secret):
    found = needles(built, "q1_solution", "return 2 * x", line)
    assert flat(secret) in found


@pytest.mark.parametrize(
    "line",
    [
        "for t in range(T):\n        pass",
        "B, T, V = logits.shape",
        "mask = np.zeros((B, T))",
        "logits, h = rnn_forward(params, x)",
        "length = len(indices) - 1",
        "return inputs, targets",
    ],
)
def test_an_everyday_line_of_a_solution_is_not_secret(built, line):
    new = needles(built, "q1_solution", "return 2 * x", line)
    assert new == needles(built, "q1_solution", "return 2 * x", "pass")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('choice = "b"', "# choice = 'b'"),
        (
            'query = """\nSELECT run\nFROM losses ORDER BY run\n"""',
            "Select Run from losses order by run;",
        ),
    ],
)
def test_a_variables_answer_is_secret_however_short(built, answer, text):
    prompt = f'""" # BEGIN PROMPT\n{answer.split()[0]} = ...\n""" # END PROMPT'
    source = f"# BEGIN SOLUTION NO PROMPT\n{answer}\n# END SOLUTION\n{prompt}\n\n\ndef double"
    found = needles(built, "q1_solution", "def double", source)
    new = found - needles(built, "q1_solution", "def double", "def double")
    assert any(needle in (flat(text.lstrip("# ")), flat_prose(text)) for needle in new)


def test_a_line_of_a_hidden_test_counts_later_than_one_of_a_solution(built):
    line = "rows, columns, T = 2, 3, 5 + x"
    found = needles(built, "q1_test_array", "    rng =", f"    {line}\n    rng =")
    assert flat(line) in found
    line = "rows, columns, T = 2, 3, 5"
    assert flat(line) not in needles(built, "q1_test_array", "    rng =", f"    {line}\n    rng =")
    assert flat(line) in needles(built, "q1_solution", "return 2 * x", line)


def test_everyday_lines_are_not_secret(built):
    secrets = secrets_of(read(built.master.read_text(encoding="utf-8"), "tiny"))
    needles = {secret.needle for secret in secrets}
    everyday = ("return values - column_means", "return 2 * x", "for shape in [(), (3,), (2, 5)]:")
    assert not needles & {flat(line) for line in everyday}
    assert flat(FORMULA) in needles
    assert numbers("0.05 1500 1e-12 10000 0x1F v2.3979 2.3979 24_576") == {"2.3979", "24576"}


# --- what students read after grading, and what is no support file ----------------------------


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("failure_message", "The square root comes last.", f"Take {ROOT[7:]} here."),
        ("title", "The spread of a known column", f"{FORMULA} with one column"),
    ],
)
def test_a_message_that_says_the_answer(refused, project, name, old, new):
    project.edit("q2_test_spread", old, new)
    said = FORMULA if name == "title" else ROOT[7:]
    assert refused() == [
        f"tiny.ipynb, cell q2_test_spread: the {name} of this hidden test says `{said}`. "
        "Name the idea, not the line."
    ]


@pytest.mark.parametrize("file", ["known_bugs.toml", "equivalent.toml"])
def test_a_support_file_that_judges(refused, project, file):
    project.edit_file(POLICY, '"words.txt"', f'"words.txt", "{file}"')
    assert refused() == [
        f'{POLICY}: "{file}" in `files` would show students how their answers are judged. '
        "Remove it from `files`."
    ]


def test_a_file_that_cannot_be_searched_may_be_listed(project, unroll):
    (project.root / "assignments/tiny/odd.bin").write_bytes(b"\xff\xfe\x00\x01")
    project.edit_file(POLICY, '"words.txt"', '"words.txt", "odd.bin"')
    assert "neither text nor a picture" in unroll("build")[2]
    project.edit_file(POLICY, "may_repeat = [", 'may_repeat = ["odd.bin", ')
    assert unroll("build")[0] == 0
