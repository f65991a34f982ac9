"""Every mistake that an author can make in a master: one message, and an untouched tree."""

import json
from dataclasses import asdict

import pytest
from conftest import HERE

from autograder.assignment.bundle import Limits, read_bundle
from autograder.results.score import unexamined
from tools.course import settings
from tools.master import blocks, master, question, solution_cell, test_cell

TINY = "assignments/tiny"

# Parts of the tiny master's solutions.
END = "    # END SOLUTION\n"
PROMPT = (
    '    """ # BEGIN PROMPT\n'
    '    raise NotImplementedError("q1_double: write double")\n'
    '    """ # END PROMPT'
)
HUSH = (
    '# BEGIN SOLUTION NO PROMPT\n    return "hush"\n    # END SOLUTION\n    """ # BEGIN PROMPT\n'
    '    raise NotImplementedError("q3_quiet: write quiet")\n    """ # END PROMPT'
)


def update(cell, **values):
    return lambda project: project.update(cell, **values)


def edit(cell, old, new):
    return lambda project: project.edit(cell, old, new)


def edit_file(path, old, new):
    return lambda project: project.edit_file(path, old, new)


def remove(*cells):
    return lambda project: project.remove(*cells)


def move(first, last, behind):
    """Move a run of cells."""

    def mistake(project):
        notebook = project.notebook()
        names = [cell["id"] for cell in notebook["cells"]]
        block = notebook["cells"][names.index(first) : names.index(last) + 1]
        rest = [cell for cell in notebook["cells"] if cell not in block]
        place = [cell["id"] for cell in rest].index(behind) + 1
        notebook["cells"] = rest[:place] + block + rest[place:]
        project.save(notebook)

    return mistake


def insert(behind, cell_type, source):
    """Add a cell."""

    def mistake(project):
        notebook = project.notebook()
        names = [cell["id"] for cell in notebook["cells"]]
        cell = {"cell_type": cell_type, "id": "new", "metadata": {}, "source": source}
        if cell_type == "code":
            cell |= {"outputs": [], "execution_count": None}
        notebook["cells"].insert(names.index(behind) + 1, cell)
        project.save(notebook)

    return mistake


def limits_in_one_number(project):
    project.edit_file(f"{TINY}/assignment.toml", "[limits]", "limits = 20")
    project.edit_file(f"{TINY}/assignment.toml", "question_seconds = 20\nmemory_mb = 1024\n", "")


def parameter_of_an_ignored_cell(project):
    project.edit("code_2", "print", "rows = 5\nprint")
    project.update("code_2", metadata={"tags": ["otter_ignore"]})
    project.edit("q2_test_values", "test_values(center)", "test_values(center, rows)")
    project.edit("q2_test_values", "size=(5, 8)", "size=(rows, 8)")


MISTAKES = {
    "outputs": (
        update("code_2", outputs=[{"output_type": "stream", "name": "stdout", "text": "9"}]),
        "tiny.ipynb, cell code_2: this cell has outputs or an execution count. Run "
        "`unroll format tiny`.",
    ),
    "execution count": (
        update("q1_solution", execution_count=3),
        "tiny.ipynb, cell q1_solution: this cell has outputs or an execution count. "
        "Run `unroll format tiny`.",
    ),
    "a cell without its name": (
        insert("q1_text", "markdown", "New."),
        'tiny.ipynb, cell new: this cell should be called "q1_text_2" in '
        "this place. Run `unroll format tiny`.",
    ),
    "a cell that JupyterLab has added": (
        update("text", id="bae349e9"),
        "tiny.ipynb: the master has not been formatted yet. Run `unroll format tiny`.",
    ),
    "a cell that Colab has added": (
        update("q1_end", id="x3-Kd_0aBcDe"),
        "tiny.ipynb: the master has not been formatted yet. Run `unroll format tiny`.",
    ),
    "not a notebook": (
        edit_file(f"{TINY}/tiny.ipynb", '"cells"', "cells"),
        "tiny.ipynb, line 2: this is not a notebook: Expecting property name "
        "enclosed in double quotes. Restore the file, or save it again from "
        "Jupyter.",
    ),
    "a notebook that Git has not merged": (
        edit_file(f"{TINY}/tiny.ipynb", ' "cells"', '<<<<<<< HEAD\n "cells"'),
        "tiny.ipynb, line 2: Git has not merged this file. Choose one of the two forms, and remove "
        "the lines <<<<<<<, ======= and >>>>>>>.",
    ),
    "settings that Git has not merged": (
        edit_file(f"{TINY}/assignment.toml", "files =", "<<<<<<< HEAD\nfiles ="),
        f"{TINY}/assignment.toml, line 2: Git has not merged this file. Choose one of the two "
        "forms, and remove the lines <<<<<<<, ======= and >>>>>>>.",
    ),
    "no END of a solution block": (
        remove("q1_solution_end"),
        'tiny.ipynb, cell q1_solution_begin, line 1: "# BEGIN SOLUTION" has no "# '
        'END SOLUTION". Add a raw cell with that line before cell q1_tests_begin.',
    ),
    "no END of a question": (
        remove("q1_end"),
        'tiny.ipynb, cell q1_begin, line 1: "# BEGIN QUESTION" has no "# END '
        'QUESTION". Add a raw cell with that line before cell q2_begin.',
    ),
    "no END of the last question": (
        remove("q4_end"),
        'tiny.ipynb, cell q4_begin, line 1: "# BEGIN QUESTION" has no "# END '
        'QUESTION". Add a raw cell with that line at the end of the notebook.',
    ),
    "no BEGIN of tests": (
        remove("q1_tests_begin"),
        'tiny.ipynb, cell q1_tests_end, line 1: "# END TESTS" has no "# BEGIN '
        'TESTS". Add it above, or remove this cell.',
    ),
    "a block outside a question": (
        move("q3_tests_begin", "q3_tests_end", "q3_end"),
        'tiny.ipynb, cell q3_tests_begin, line 1: "# BEGIN TESTS" is outside a '
        'question. Add "# BEGIN QUESTION" above it.',
    ),
    "a second block of one kind": (
        insert("q1_tests_end", "raw", "# BEGIN TESTS"),
        'tiny.ipynb, cell new, line 1: this question has a second "# BEGIN '
        'TESTS". Put its cells into the first one.\n'
        'tiny.ipynb, cell new, line 1: "# BEGIN TESTS" has no "# END TESTS". '
        "Add a raw cell with that line before cell q1_end.",
    ),
    "a solution behind its tests": (
        move("q1_solution_begin", "q1_solution_end", "q1_tests_end"),
        'tiny.ipynb, cell q1_solution_begin, line 1: "# BEGIN SOLUTION" comes '
        "after the tests of its question. The order is prompt, solution, tests.",
    ),
    "an unknown raw cell": (
        insert("text", "raw", "# BEGIN QUESTIONS"),
        "tiny.ipynb, cell new, line 1: this raw cell does not begin with a "
        'line that the build knows. Make it a Markdown cell, or begin it with "# '
        'ASSIGNMENT CONFIG", "# BEGIN QUESTION", "# END QUESTION", "# BEGIN '
        'PROMPT", "# END PROMPT", "# BEGIN SOLUTION", "# END SOLUTION", "# BEGIN '
        'TESTS", "# END TESTS".',
    ),
    "a fenced block": (
        insert("text", "markdown", "```otter\n# BEGIN QUESTION\n```"),
        'tiny.ipynb, cell new, line 1: "```otter" in a Markdown cell. Move '
        "its contents into a raw cell of their own.",
    ),
    "a notebook that breaks the format": (
        update("text", metadata={"tags": ["one, two"]}),
        "tiny.ipynb, cell text: this is not a valid notebook: 'one, two' does not match "
        "'^[^,]+$'. Fix it in JupyterLab, or undo the last change.",
    ),
    "no config": (
        remove("assignment_config"),
        'tiny.ipynb: the first cell is not "# ASSIGNMENT CONFIG". Add it as a raw cell at the top.',
    ),
    "a second config": (
        insert("text", "raw", "# ASSIGNMENT CONFIG\nname: tiny"),
        'tiny.ipynb, cell new, line 1: "# ASSIGNMENT CONFIG" is not the first '
        "cell. Keep one, at the top of the notebook.",
    ),
    "duplicate question": (
        edit("q3_begin", "q3_quiet", "q2_center"),
        'tiny.ipynb, cell q3_begin, line 2: the question "q2_center" is already in '
        "cell q2_begin. Give this one a different number and name.",
    ),
    "duplicate number": (
        edit("q3_begin", "q3_quiet", "q2_quiet"),
        'tiny.ipynb, cell q3_begin, line 2: "q2_quiet" has the same number as '
        '"q2_center" in cell q2_begin. Give this question the next free number.',
    ),
    "a question without a number": (
        edit("q3_begin", "q3_quiet", "quiet"),
        'tiny.ipynb, cell q3_begin, line 2: "quiet" is not a valid question name. '
        "Write a number and a slug, such as `name: q8_backward`.",
    ),
    "hidden points not those of the question": (
        edit("q2_test_spread", "points: 15", "points: 14"),
        'tiny.ipynb, cell q2_begin: the hidden tests of "q2_center" have 39 points '
        "in total, the question has 40. Change the points of the tests or of the "
        "question.",
    ),
    "a question without points": (
        edit("q1_begin", "points: 30", ""),
        'tiny.ipynb, cell q1_begin, line 1: "q1_double" has no points. Add a line '
        "`points: 5`, `points: 0` for an ungraded question, or `manual: true`.",
    ),
    "points by hand": (
        edit("q4_begin", "manual: true", "manual: true\npoints: 5"),
        'tiny.ipynb, cell q4_begin, line 4: "q4_explain" is marked by hand, but has '
        "points. Remove the line `points`: a rubric in assignment.toml says what it is worth.",
    ),
    "manual is a word": (
        edit("q4_begin", "manual: true", "manual: yes please"),
        'tiny.ipynb, cell q4_begin, line 3: "manual" is "yes please". Write '
        "`manual: true` or nothing.",
    ),
    "tests by hand": (
        edit("q3_begin", "points: 30", "manual: true"),
        'tiny.ipynb, cell q3_begin: "q3_quiet" is marked by hand, but has tests. '
        "Remove the tests, or the line `manual: true`.",
    ),
    "no solution": (
        remove("q1_solution_begin", "q1_solution", "q1_solution_end"),
        'tiny.ipynb, cell q1_begin: "q1_double" has no solution. Add a SOLUTION block.',
    ),
    "hidden test without failure_message": (
        edit("q3_test_word", "failure_message: The text of the question has the word.\n", ""),
        "tiny.ipynb, cell q3_test_word, line 1: this hidden test has no "
        "failure_message. Add one to its TEST CONFIG: a sentence that helps without "
        "giving the answer.",
    ),
    "hidden test without points": (
        edit("q3_test_word", "points: 30\n", ""),
        "tiny.ipynb, cell q3_test_word, line 1: this hidden test has no points. Add "
        "a line `points: N` with a number above 0 to its TEST CONFIG.",
    ),
    "a quote in a failure_message": (
        edit("q3_test_word", "The text of the question", 'The "text"'),
        "tiny.ipynb, cell q3_test_word, line 4: a double quote in the "
        "failure_message would end it early in Otter's test file. Write ' instead.",
    ),
    "a backslash in a failure_message": (
        edit("q3_test_word", "The text of the question", "The \\\\hush"),
        "tiny.ipynb, cell q3_test_word, line 4: a backslash in the failure_message "
        "would end it early in Otter's test file. Write a word instead.",
    ),
    "a line break in a failure_message": (
        edit("q3_test_word", "message: The text", "message: |-\n  The\n  text"),
        "tiny.ipynb, cell q3_test_word, line 4: a line break in the failure_message "
        "would end it early in Otter's test file. Fold it with `failure_message: "
        ">-`, or write one line.",
    ),
    "a config that hides nothing": (
        edit("q3_test_word", "hidden: true", "hidden: false"),
        "tiny.ipynb, cell q3_test_word, line 1: this test has a TEST CONFIG, but is "
        "not hidden. Add the line `hidden: true`, or remove the config: a public "
        "test has none.",
    ),
    "a config without END": (
        edit("q3_test_word", '""" # END TEST CONFIG', '"""'),
        'tiny.ipynb, cell q3_test_word, line 1: `""" # BEGIN TEST CONFIG` has no '
        '`""" # END TEST CONFIG`. Add it on a line of its own before the function.',
    ),
    "hidden by a comment": (
        edit("q1_test_two", "def test_two", "# HIDDEN\ndef test_two"),
        "tiny.ipynb, cell q1_test_two, line 1: `# HIDDEN` does not hide a test in "
        'this grammar. Begin the cell with `""" # BEGIN TEST CONFIG`, `hidden: '
        "true` and its other keys.",
    ),
    "invalid YAML in a question": (
        edit("q1_begin", "points: 30", "points: 30: 40"),
        "tiny.ipynb, cell q1_begin, line 3: this is not YAML: mapping values are "
        'not allowed here. Write one "key: value" per line, and put texts with ":" '
        'or "#" in quotes.',
    ),
    "invalid YAML in a test": (
        edit("q3_test_word", "message: The", "message: The word: the"),
        "tiny.ipynb, cell q3_test_word, line 4: this is not YAML: mapping values "
        'are not allowed here. Write one "key: value" per line, and put texts with '
        '":" or "#" in quotes.',
    ),
    "YAML that is a list": (
        edit("q1_begin", "name: q1_double\npoints: 30", "- q1_double"),
        "tiny.ipynb, cell q1_begin, line 1: the cell's YAML is not a mapping. Write "
        'one "key: value" per line.',
    ),
    "unknown key of a question": (
        edit("q1_begin", "points: 30", "point: 30"),
        'tiny.ipynb, cell q1_begin, line 3: the key "point" is unknown. Did you mean '
        '"points", as in `points: 5`?',
    ),
    "unknown key of a test": (
        edit("q3_test_word", "failure_message", "failure_mesage"),
        'tiny.ipynb, cell q3_test_word, line 4: the key "failure_mesage" is '
        'unknown. Did you mean "failure_message", as in `failure_message: Which axis is the '
        "vocabulary?`?",
    ),
    "unknown Otter key": (
        edit("assignment_config", "check_all_cell", "check_all_cells"),
        'tiny.ipynb, cell assignment_config, line 4: the key "check_all_cells" is '
        'unknown. Did you mean "check_all_cell", as in `check_all_cell: true`?',
    ),
    "unknown key of export_cell": (
        edit("assignment_config", "  ignore_log", "  ignore_logs"),
        'tiny.ipynb, cell assignment_config, line 9: the key "ignore_logs" is '
        'unknown. Did you mean "ignore_log"?',
    ),
    "YAML below another tag": (
        edit("q1_tests_begin", "# BEGIN TESTS", "# BEGIN TESTS\npoints: 3"),
        'tiny.ipynb, cell q1_tests_begin, line 2: the key "points" is unknown. Remove it.',
    ),
    "another name than the folder": (
        edit("assignment_config", "name: tiny", "name: huge"),
        'tiny.ipynb, cell assignment_config: the name "huge" is not that of the '
        'folder, "tiny". Write `name: tiny`.',
    ),
    "tests in the notebook": (
        edit("assignment_config", "files: true", "files: false"),
        "tiny.ipynb, cell assignment_config: the tests are not kept as functions in "
        "files. Write `tests: {files: true, ok_format: false}`.",
    ),
    "no init cell": (
        edit("assignment_config", "init_cell: true", "init_cell: false"),
        "tiny.ipynb, cell assignment_config: there is no cell that sets up Otter. "
        "Remove the line `init_cell`.",
    ),
    "a PDF": (
        edit("assignment_config", "pdf: false", "pdf: true"),
        "tiny.ipynb, cell assignment_config: students would need LaTeX or a browser "
        "to export a PDF. Write `pdf: false` below `export_cell:`.",
    ),
    "inline solution": (
        edit("q1_solution", "return 2 * x", "return 2 * x  # SOLUTION"),
        'tiny.ipynb, cell q1_solution, line 4: "# SOLUTION" within a line: Otter '
        'erases the whole line. Put the answer between "# BEGIN SOLUTION NO PROMPT" '
        'and "# END SOLUTION" on lines of their own.',
    ),
    "inline solution without a prompt": (
        edit("q1_solution", "return 2 * x", "return 2 * x  # SOLUTION NO PROMPT"),
        'tiny.ipynb, cell q1_solution, line 4: "# SOLUTION" within a line: Otter '
        'erases the whole line. Put the answer between "# BEGIN SOLUTION NO PROMPT" '
        'and "# END SOLUTION" on lines of their own.',
    ),
    "inline solution without a space": (
        edit("q1_solution", "return 2 * x", "return 2 * x  #SOLUTION"),
        'tiny.ipynb, cell q1_solution, line 4: "#SOLUTION" within a line: Otter '
        'erases the whole line. Put the answer between "# BEGIN SOLUTION NO PROMPT" '
        'and "# END SOLUTION" on lines of their own.',
    ),
    "inline solution outside of solutions": (
        edit("q2_code", "observations =", "print('# SOLUTION')\nobservations ="),
        'tiny.ipynb, cell q2_code, line 1: "# SOLUTION" within a line: Otter erases '
        'the whole line. Put the answer between "# BEGIN SOLUTION NO PROMPT" and "# '
        'END SOLUTION" on lines of their own.',
    ),
    "no END in a solution": (
        edit("q1_solution", "    # END SOLUTION\n", ""),
        "tiny.ipynb, cell q1_solution, line 3: `# BEGIN SOLUTION NO PROMPT` has no "
        "`# END SOLUTION`. Add it before line 5.",
    ),
    "no END at the end of a solution": (
        edit(
            "q1_solution",
            END + PROMPT,
            "",
        ),
        "tiny.ipynb, cell q1_solution, line 3: `# BEGIN SOLUTION NO PROMPT` has no "
        "`# END SOLUTION`. Add it after line 5.",
    ),
    "no BEGIN in a solution": (
        edit("q1_solution", "    # BEGIN SOLUTION NO PROMPT\n", ""),
        "tiny.ipynb, cell q1_solution, line 4: `# END SOLUTION` has no `# BEGIN "
        "SOLUTION NO PROMPT`. Add it above, or remove this line.",
    ),
    "a solution with Otter's own prompt": (
        edit("q1_solution", "# BEGIN SOLUTION NO PROMPT", "# BEGIN SOLUTION"),
        "tiny.ipynb, cell q1_solution, line 3: `# BEGIN SOLUTION` is not a tag of "
        "the master's grammar. Write `# BEGIN SOLUTION NO PROMPT` on a line of its "
        "own.",
    ),
    "no prompt": (
        edit(
            "q1_solution",
            PROMPT,
            "",
        ),
        "tiny.ipynb, cell q1_solution, line 5: no prompt follows this solution: "
        'students would get a function without a body. Add `""" # BEGIN PROMPT`, a '
        'line `raise NotImplementedError(…)` and `""" # END PROMPT` below it.',
    ),
    "code between solution and prompt": (
        edit("q1_solution", "    # END SOLUTION\n", "    # END SOLUTION\n    x = 3\n"),
        "tiny.ipynb, cell q1_solution, line 5: no prompt follows this solution: "
        'students would get a function without a body. Add `""" # BEGIN PROMPT`, a '
        'line `raise NotImplementedError(…)` and `""" # END PROMPT` below it.',
    ),
    "no END of the prompt": (
        edit("q1_solution", '    """ # END PROMPT', '    """'),
        'tiny.ipynb, cell q1_solution, line 6: `""" # BEGIN PROMPT` has no `""" # '
        "END PROMPT`. Add it after line 8.",
    ),
    "a prompt without a solution": (
        edit("q1_solution", "def double", '""" # BEGIN PROMPT\n""" # END PROMPT\ndef double'),
        'tiny.ipynb, cell q1_solution, line 1: \'""" # BEGIN PROMPT\' does not follow '
        'a solution. Move it after a "# END SOLUTION", or remove it.',
    ),
    "a prompt with nothing in it": (
        edit(
            "q1_solution",
            '    raise NotImplementedError("q1_double: write double")\n',
            "    # your code\n",
        ),
        "tiny.ipynb, cell q1_solution, line 6: the prompt does not raise: an unanswered question "
        "would not fail. Write a line `raise NotImplementedError(…)` in it, or `answer = ...` "
        "where the answer is held in a variable.",
    ),
    "a prompt that passes": (
        edit("q2_solution", 'raise NotImplementedError("q2_center: write spread")', "pass"),
        "tiny.ipynb, cell q2_solution, line 20: the prompt does not raise: an unanswered question "
        "would not fail. Write a line `raise NotImplementedError(…)` in it, or `answer = ...` "
        "where the answer is held in a variable.",
    ),
    "a prompt that raises sometimes": (
        edit("q1_solution", "    raise Not", "    if x is None:\n        raise Not"),
        "tiny.ipynb, cell q1_solution, line 6: the prompt does not raise: an unanswered question "
        "would not fail. Write a line `raise NotImplementedError(…)` in it, or `answer = ...` "
        "where the answer is held in a variable.",
    ),
    "a solution without tags": (
        edit(
            "q3_solution",
            HUSH,
            'return "hush"',
        ),
        "tiny.ipynb, cell q3_solution: this code cell of a solution has no lines "
        'between "# BEGIN SOLUTION NO PROMPT" and "# END SOLUTION": students would '
        "get all of it. Add the two lines around the answer, or move the cell out "
        "of the SOLUTION block.",
    ),
    "a solution outside its block": (
        edit("q2_code", "observations =", "# BEGIN SOLUTION NO PROMPT\nobservations ="),
        "tiny.ipynb, cell q2_code, line 1: `# BEGIN SOLUTION NO PROMPT` outside a "
        'SOLUTION block: students would get the answer. Put the raw cells "# BEGIN '
        'SOLUTION" and "# END SOLUTION" around the cell.',
    ),
    "syntax error in a solution": (
        edit("q1_solution", "return 2 * x", "return 2 * * x"),
        "tiny.ipynb, cell q1_solution: the solution is not valid Python: invalid "
        "syntax at `return 2 * * x`. Fix that line, and keep tags and prompt at "
        "the indentation of the code around them.",
    ),
    "syntax error in a test": (
        edit("q1_test_two", "double(2), 4)", "double(2), 4"),
        "tiny.ipynb, cell q1_test_two, line 6: this test is not valid Python: '(' "
        "was never closed. Fix that line.",
    ),
    "a test without a title": (
        edit("q1_test_two", '    """Twice two"""\n', ""),
        'tiny.ipynb, cell q1_test_two, line 1: the test "test_two" has no title. '
        "Write its title as the first line of a docstring.",
    ),
    "duplicate test name": (
        edit("q1_test_array", "def test_array", "def test_two"),
        "tiny.ipynb, cell q1_test_array, line 6: the test in cell q1_test_two "
        'already has the name "test_two". Give this test a different name.',
    ),
    "duplicate title": (
        edit("q1_test_array", "An array of random numbers is doubled, entry by entry", "Twice two"),
        "tiny.ipynb, cell q1_test_array, line 6: the test in cell q1_test_two "
        'already has the title "Twice two". Give this test a different title.',
    ),
    "two functions in a test": (
        edit("q1_test_two", "def test_two", "import math\n\ndef test_two"),
        "tiny.ipynb, cell q1_test_two, line 1: a test's cell holds exactly one "
        "function, without decorators. Split the cell or remove what is not the "
        "function; import inside its body.",
    ),
    "a test that is called": (
        edit("q1_test_two", "double(2), 4)", "double(2), 4)\n\ntest_two(double)"),
        "tiny.ipynb, cell q1_test_two, line 1: a test's cell holds exactly one "
        "function, without decorators. Split the cell or remove what is not the "
        "function; import inside its body.",
    ),
    "a decorated test": (
        edit("q1_test_two", "def test_two", "@staticmethod\ndef test_two"),
        "tiny.ipynb, cell q1_test_two, line 1: a test's cell holds exactly one "
        "function, without decorators. Split the cell or remove what is not the "
        "function; import inside its body.",
    ),
    "a test without the prefix": (
        edit("q1_test_two", "def test_two", "def two"),
        'tiny.ipynb, cell q1_test_two, line 1: the name of the test function "two" '
        'does not begin with "test_". Call it test_two.',
    ),
    "text among the tests": (
        insert("q1_test_two", "markdown", "A test follows."),
        "tiny.ipynb, cell new: a TESTS block holds only code cells. Move this "
        "cell out of the block.",
    ),
    "default_rng without a seed": (
        edit("q1_test_array", "default_rng(101)", "default_rng()"),
        "tiny.ipynb, cell q1_test_array, line 11: `np.random.default_rng()` in a "
        "hidden test has no literal integer as its seed. Write one, such as "
        "`np.random.default_rng(801)`: the build ties the seeds of default_rng to "
        "the semester.",
    ),
    "default_rng with a computed seed": (
        edit("q1_test_array", "default_rng(101)", "default_rng(100 + 1)"),
        "tiny.ipynb, cell q1_test_array, line 11: `np.random.default_rng(100 + 1)` "
        "in a hidden test has no literal integer as its seed. Write one, such as "
        "`np.random.default_rng(801)`: the build ties the seeds of default_rng to "
        "the semester.",
    ),
    "a computed seed for torch": (
        edit(
            "q1_test_array",
            "    for shape",
            "    import torch\n\n    torch.manual_seed(int(rng.integers(9)))\n    for shape",
        ),
        "tiny.ipynb, cell q1_test_array, line 14: "
        "`torch.manual_seed(int(rng.integers(9)))` in a hidden test has no literal "
        "integer as its seed. Write one, such as `torch.manual_seed(801)`: the "
        "build ties the seeds of default_rng to the semester.",
    ),
    "a draw from NumPy's own generator": (
        edit("q1_test_array", "rng.normal(", "np.random.normal("),
        "tiny.ipynb, cell q1_test_array, line 13: `np.random.normal(size=shape)` in a hidden "
        "test draws without a seed of its own. Draw from `np.random.default_rng(801)`: the build "
        "ties its seed to the semester.",
    ),
    "a draw from Python's own generator": (
        edit(
            "q1_test_negative",
            "    assert_equal",
            "    from random import gauss\n\n    double(gauss(0, 1))\n    assert_equal",
        ),
        "tiny.ipynb, cell q1_test_negative, line 12: `gauss(0, 1)` in a hidden test draws without "
        "a seed of its own. Draw from `np.random.default_rng(801)`: the build ties its seed to "
        "the semester.",
    ),
    "a draw from PyTorch's generator": (
        edit(
            "q1_test_array",
            "    for shape in",
            "    import torch\n\n    noise = torch.randn(3)\n    for shape in",
        ),
        "tiny.ipynb, cell q1_test_array, line 14: `torch.randn(3)` in a hidden test draws without "
        "a seed of its own. Draw from `np.random.default_rng(801)`: the build ties its seed to "
        "the semester.",
    ),
    "a parameter that no cell defines": (
        edit("q2_test_shape", "center", "centre"),
        'tiny.ipynb, cell q2_test_shape, line 1: the test asks for "centre", which no cell above '
        'it defines. Did you mean "center"?',
    ),
    "a parameter that a later cell defines": (
        edit("q1_test_two", "double", "center"),
        'tiny.ipynb, cell q1_test_two, line 1: the test asks for "center", which no cell above '
        "it defines. Known here: double.",
    ),
    "a parameter that only a cell without graders defines": (
        parameter_of_an_ignored_cell,
        'tiny.ipynb, cell q2_test_values, line 6: the test asks for "rows", which no cell above '
        "it defines. Known here: double, center, spread.",
    ),
    "a test without its import": (
        edit("q2_test_values", "    import numpy as np\n", ""),
        'tiny.ipynb, cell q2_test_values, line 10: "np" is not defined in this test: Otter runs '
        "it alone. Import it in the body, or make it a parameter when students define it.",
    ),
    "a test that never looks": (
        edit("q3_test_word", 'quiet(), "hush"', '"hush", "hush"'),
        'tiny.ipynb, cell q3_test_word, line 6: the test never uses its parameter "quiet": every '
        "submission would pass. Check what it returns, or remove it.",
    ),
    "a test that cannot look": (
        edit("q3_test_word", "test_word(quiet)", "test_word()"),
        "tiny.ipynb, cell q3_test_word, line 6: the test has no parameters: every submission "
        "would pass. Give it the names of what it tests, such as `def test_small(softmax):`.",
    ),
    "a comment that is not ASCII": (
        edit("q1_test_two", "# A comment that", "# A comment – that"),
        'tiny.ipynb, cell q1_test_two, line 5: "–" is in a comment, a name or a '
        "raw string of a test. Write it in ASCII: Otter opens test files in the "
        "encoding of the student's system.",
    ),
    "a raw string that is not ASCII": (
        edit("q1_test_two", '"double(2)"', 'r"double – 2"'),
        'tiny.ipynb, cell q1_test_two, line 1: "–" is in a comment, a name or a '
        "raw string of a test. Write it in ASCII: Otter opens test files in the "
        "encoding of the student's system.",
    ),
    "unknown key in course.toml": (
        edit_file("assignments/course.toml", "semester =", "semestre ="),
        'assignments/course.toml, line 4: the key "semestre" is unknown. Did you mean '
        '"semester", as in `semester = "2027 spring"`?',
    ),
    "missing key in course.toml": (
        edit_file("assignments/course.toml", 'semester = "2026 spring"', ""),
        'assignments/course.toml: the key "semester" is missing. Add a line such as '
        'semester = "2027 spring".',
    ),
    "a key of the wrong kind in course.toml": (
        edit_file("assignments/course.toml", '["tiny"]', '"tiny"'),
        'assignments/course.toml, line 7: "assignments" is not a list of strings. '
        'Write assignments = ["…", "…"].',
    ),
    "course.toml is not TOML": (
        edit_file("assignments/course.toml", "semester =", "semester"),
        "assignments/course.toml: this is not TOML: Expected '=' after a key in a "
        "key/value pair (at line 4, column 10). Fix that line.",
    ),
    "an address without the assignment": (
        edit_file("assignments/course.toml", "{assignment}-student", "student"),
        'assignments/course.toml, line 5: "release_url" does not contain '
        "{assignment}. Write {assignment} in place of the assignment's name "
        "in the address.",
    ),
    "unknown key in assignment.toml": (
        edit_file(f"{TINY}/assignment.toml", "title", "tilte"),
        'assignments/tiny/assignment.toml, line 1: the key "tilte" is unknown. Did '
        'you mean "title", as in `title = "A recurrent network from scratch"`?',
    ),
    "a requirement of every release": (
        edit_file(f"{TINY}/assignment.toml", '"matplotlib", ', ""),
        'assignments/tiny/assignment.toml, line 3: "matplotlib" is not among the requirements: '
        'seqlab or the checks import it. Add "matplotlib" to the list.',
    ),
    "an unknown feedback profile": (
        edit_file(f"{TINY}/assignment.toml", '"practice"', '"practise"'),
        'assignments/tiny/assignment.toml, line 6: there is no feedback profile "practise". Did '
        'you mean "practice"?',
    ),
    "a slow question that is not there": (
        edit_file(
            f"{TINY}/assignment.toml",
            'feedback = "practice"',
            'feedback = "practice"\nslow = ["q1_duoble"]',
        ),
        'assignments/tiny/assignment.toml: "slow": there is no question "q1_duoble" with tests. '
        'Did you mean "q1_double"?',
    ),
    "a rubric for a question that is not there": (
        edit_file(
            f"{TINY}/assignment.toml", "[limits]", "[rubrics.q4_explian]\nAll = 1\n\n[limits]"
        ),
        'assignments/tiny/assignment.toml: [rubrics.q4_explian]: there is no question "q4_explian" '
        'that is marked by hand. Did you mean "q4_explain"?',
    ),
    "NumPy alone in a question that is not there": (
        edit_file(f"{TINY}/assignment.toml", "feedback", 'numpy_only = ["q1_duoble"]\nfeedback'),
        'assignments/tiny/assignment.toml: "numpy_only": there is no question "q1_duoble" with '
        'tests. Did you mean "q1_double"?',
    ),
    "a question that builds on one that is not there": (
        edit_file(
            f"{TINY}/assignment.toml",
            "[limits]",
            '[builds_on]\nq3_quiet = ["q1_duoble"]\n\n[limits]',
        ),
        'assignments/tiny/assignment.toml: "builds_on": there is no question "q1_duoble" with '
        'tests. Did you mean "q1_double"?',
    ),
    "a question that builds on a text": (
        edit_file(
            f"{TINY}/assignment.toml", "[limits]", '[builds_on]\nq3_quiet = "q1_double"\n\n[limits]'
        ),
        'assignments/tiny/assignment.toml, line 9: "q3_quiet" below [builds_on] is not a list of '
        'strings. Write q3_quiet = ["…"], with the questions it depends on.',
    ),
    "a leaderboard that is neither on nor off": (
        edit_file(
            f"{TINY}/assignment.toml",
            'feedback = "practice"',
            'feedback = "practice"\nleaderboard = "on"',
        ),
        'assignments/tiny/assignment.toml, line 7: "leaderboard" is not true or false. Write '
        "leaderboard = true.",
    ),
    "limits that are no table": (
        limits_in_one_number,
        'assignments/tiny/assignment.toml, line 8: "limits" is not a table. Write [limits] on a '
        "line of its own, and its keys below.",
    ),
    "an unknown limit": (
        edit_file(f"{TINY}/assignment.toml", "question_seconds", "question_second"),
        'assignments/tiny/assignment.toml, line 9: the limit "question_second" is unknown. Did '
        'you mean "question_seconds", as in `question_seconds = 60`?',
    ),
    "a limit of zero": (
        edit_file(f"{TINY}/assignment.toml", "seconds = 20", "seconds = 0"),
        'assignments/tiny/assignment.toml, line 9: "question_seconds" is not a number above 0. '
        "Write question_seconds = 60, the default, or another number.",
    ),
    "a limit in words": (
        edit_file(f"{TINY}/assignment.toml", "seconds = 20", "seconds = true"),
        'assignments/tiny/assignment.toml, line 9: "question_seconds" is not a number above 0. '
        "Write question_seconds = 60, the default, or another number.",
    ),
    "half a megabyte": (
        edit_file(f"{TINY}/assignment.toml", "memory_mb = 1024", "memory_mb = 0.5"),
        'assignments/tiny/assignment.toml, line 10: "memory_mb" is not a whole number above 0. '
        "Write memory_mb = 2048, the default, or another whole number.",
    ),
    "a missing support file": (
        edit_file(f"{TINY}/assignment.toml", "words.txt", "wrods.txt"),
        'assignments/tiny/assignment.toml: the support file "wrods.txt" is not in '
        "assignments/tiny/. Put it there, or remove it from `files`.",
    ),
    "a support file from elsewhere": (
        edit_file(f"{TINY}/assignment.toml", "words.txt", "../words.txt"),
        'assignments/tiny/assignment.toml, line 2: the support file "../words.txt" '
        "is outside the folder of the assignment. Move it into assignments/tiny/ "
        "and write its path from there, with slashes.",
    ),
    "a support file in the place of another": (
        edit_file(f"{TINY}/assignment.toml", "words.txt", "tiny.ipynb"),
        'assignments/tiny/assignment.toml: the support file "tiny.ipynb" has the '
        "path of another file of the release. Rename it.",
    ),
    "a requirement without a version": (
        edit_file(f"{TINY}/assignment.toml", '"numpy"', '"numpy", "nunpy"'),
        'requirements.lock: "nunpy", which assignments/tiny/assignment.toml asks '
        "for, has no version. Add a line nunpy==… there, or remove the name. Did "
        'you mean "numpy"?',
    ),
    "a missing version for the graders": (
        edit_file("requirements.lock", "torch==", "torch>="),
        'requirements.lock: "torch", which the grading image asks for, has no '
        "version. Add a line torch==… there, or remove the name. Known here: "
        "ipython, matplotlib, numpy, otter-grader, tqdm.",
    ),
    "a missing assignment": (
        edit_file("assignments/course.toml", '["tiny"]', '["tiny", "large"]'),
        "assignments/large/assignment.toml: there is no such file. Write it as "
        "assignments/README.md says.",
    ),
}


@pytest.mark.parametrize(("mistake", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_with_one_message_and_leaves_no_trace(
    refused, project, mistake, message
):
    mistake(project)
    assert refused() == message.split("\n")


def test_independent_mistakes_are_reported_together(refused, project):
    project.edit("q1_test_two", '    """Twice two"""\n', "")
    project.edit("q3_test_word", "hidden: true", "hidden: false")
    project.edit("q2_begin", "points: 40", "points: forty")
    assert [message.split(":")[0] for message in refused()] == [
        "tiny.ipynb, cell q1_test_two, line 1",
        "tiny.ipynb, cell q2_begin, line 3",
        "tiny.ipynb, cell q3_test_word, line 1",
    ]


def test_every_key_with_a_default_may_be_missing_and_points_need_not_sum_to_100(project, unroll):
    (project.root / f"{TINY}/assignment.toml").write_text('bonus = ["q3_quiet"]\n', "utf-8")
    project.edit("q1_begin", "points: 30", "points: 0")
    project.remove("q1_test_negative", "q1_test_array", "code_2")
    code, told, errors = unroll("build")
    assert (code, told) == (1, "")
    # A bug cannot lose points where there are none.
    assert 'there is no question "q1_double" with points. Known here: q2_center' in errors
    policy = 'bonus = ["q3_quiet"]\nmay_repeat = ["values = np.arange(12.0).reshape(3, 4) - 5.0"]\n'
    (project.root / f"{TINY}/assignment.toml").write_text(policy, "utf-8")
    (project.root / f"{TINY}/known_bugs.toml").unlink()
    code, told, errors = unroll("build")
    assert (code, errors) == (0, "")
    assert "+30" in told and told.split("total")[1].split()[1] == "40"
    readme = (project.root / "student_release/tiny/README.md").read_text("utf-8")
    assert "| `q1_double` | not graded |" in readme and "| `q3_quiet` | 30 on top |" in readme
    bundle = read_bundle(project.root / "autograder/hidden_tests/tiny")
    assert (bundle.title, bundle.feedback, bundle.most) == ("Tiny", "graded", 40)
    score = unexamined(bundle, [])
    assert (score.max_points, [q.bonus for q in score.questions][2]) == (40, True)


def test_tags_as_formatters_leave_them(project):
    project.edit("q1_solution", '""" # END PROMPT', '"""  # END PROMPT')
    project.edit("q3_test_word", '""" # BEGIN TEST CONFIG', '"""# BEGIN TEST CONFIG')
    project.edit("q3_test_word", '""" # END TEST CONFIG', '"""  # END TEST CONFIG\n\n')
    tiny = master.read(project.master.read_text(encoding="utf-8"), "tiny")
    assert "PROMPT" not in solution_cell.stub(tiny.questions[0].solutions[0].lines)
    assert tiny.questions[2].tests[0].points == 30


def test_the_parser_knows_the_words_that_the_readme_lists():
    grammar = (HERE.parent / "assignments/README.md").read_text(encoding="utf-8")
    rows = "\n".join(line for line in grammar.splitlines() if line.startswith("|"))
    words = [*blocks.Boundary, *solution_cell.Tag]
    tags = [word.value for word in words] + [test_cell.BEGIN_CONFIG, test_cell.END_CONFIG]
    keys = [*master.CONFIG_KEYS, *question.QUESTION_KEYS, *test_cell.CONFIG_KEYS]
    policy = [
        *settings.COURSE_KEYS,
        *settings.ASSIGNMENT_KEYS,
        *settings.PROFILES,
        *settings.LIMITS,
    ]
    assert [word for word in tags + keys + policy if f"`{word}`" not in rows] == []


def test_the_readme_has_the_default_limits():
    text = (HERE.parent / "assignments/README.md").read_text(encoding="utf-8")
    limits = text.partition("| | `limits`")[2]
    rows = [line for line in limits.splitlines() if line.startswith("| | `")]
    for name, default in asdict(Limits()).items():
        (row,) = [line for line in rows if line.startswith(f"| | `{name}`")]
        assert row.endswith(f": {default:g} |")


def test_otter_knows_the_keys_of_a_config():
    # Importing Otter takes seconds.
    from otter.assign.assignment import Assignment

    assert set(master.CONFIG_KEYS) <= set(Assignment()._get_names_to_attrs())
    export = Assignment.ExportCellValue()
    assert set(master.EXPORT_KEYS) <= set(export._get_names_to_attrs())


def test_the_stub_is_what_otter_gives_to_students(built):
    text = built.master.read_text(encoding="utf-8")
    tiny = master.read(text, "tiny")
    release = json.loads((built.root / "student_release/tiny/tiny.ipynb").read_text("utf-8"))
    students = {cell["id"]: "".join(cell["source"]) for cell in release["cells"]}
    solutions = [cell for q in tiny.questions for cell in q.solutions if cell.lines]
    assert len(solutions) == 3
    for cell in solutions:
        assert students[cell.cell] == solution_cell.stub(cell.lines)
        assert "raise NotImplementedError" in students[cell.cell]
