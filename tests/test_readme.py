"""The commands, paths and messages in the READMEs are real."""

import json
import re
import shutil
from pathlib import Path

import click
import pytest

from tools.commands import cli

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", ROOT / "assignments/README.md"]


def code(readme: Path) -> list[str]:
    """Return the lines of code blocks and the code spans in the text."""
    text = readme.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    return [line for block in blocks for line in block.splitlines()] + spans


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_each_command_and_option_exists(readme):
    seen = set()
    for line in code(readme):
        found = re.search(r"(?:^|\s|/)unroll ([a-z]+)\b([^`]*)", line)
        if not found:
            continue
        command = cli.unroll.commands[found[1]]
        known = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
        options = re.findall(r"--[a-z-]+", found[2].partition("#")[0])
        assert set(options) <= known, line
        seen.add(found[1])
    assert "build" in seen or "grade" in seen


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_each_make_target_exists(readme):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {m[1] for line in code(readme) if (m := re.match(r"make ([a-z]+)\b", line))}
    assert named <= targets


def test_each_path_exists():
    text = READMES[0].read_text(encoding="utf-8")
    paths = re.findall(r"`((?:assignments|autograder|benchmarks|tests|tools)/[\w./]*)`", text)
    assert len(paths) > 5
    for path in paths:
        assert (ROOT / path.replace("NAME", "rnn_from_scratch")).exists(), path


def test_the_message_in_the_readme_is_what_a_mistake_gets(tmp_path, capsys):
    for path in ("assignments", "requirements.lock"):
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        copy(ROOT / path, tmp_path / path)
    master = tmp_path / "assignments/rnn_from_scratch/rnn_from_scratch.ipynb"
    text = master.read_text(encoding="utf-8")
    before, after = text.split('"id": "q8_solution"', 1)
    after = after.replace('    "    # END SOLUTION\\n",\n', "", 1)
    master.write_text(f'{before}"id": "q8_solution"{after}', encoding="utf-8")
    with pytest.raises(SystemExit):
        cli.main(["build", "rnn_from_scratch", "--root", str(tmp_path)])
    message = capsys.readouterr().err.strip()
    assert message in READMES[0].read_text(encoding="utf-8")


def test_the_table_of_assignments_has_the_points_of_the_masters():
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\d+) and", READMES[0].read_text(), re.MULTILINE)
    assert rows
    for name, points in rows:
        file = ROOT / f"autograder/hidden_tests/{name}/assignment.json"
        questions = json.loads(file.read_text(encoding="utf-8"))["questions"]
        assert sum(question["points"] for question in questions) == int(points)
