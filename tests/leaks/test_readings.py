"""A text as others would read it: without markup, by column, put together, backwards."""

import codecs
import csv
import io
import json

import numpy as np
import pytest

from tools.leaks.opened import texts_of
from tools.leaks.structure import code_in, steps_of

CODE = "e = np.exp(z - z.max(axis=-1))\nreturn e / e.sum(axis=-1)"
LINES = CODE.split("\n")


def table(delimiter: str) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows([["row", "code"], *enumerate(LINES)])
    return file.getvalue().encode()


def array(values) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(values))
    return file.getvalue()


HIDDEN = {
    "a page": ("a.html", "<pre>" + CODE.replace("z", "<b>z</b>").replace("\n", "<br/>") + "</pre>"),
    "a drawing": ("a.svg", "".join(f"<text x='1'>{line}</text>" for line in LINES)),
    "a drawing of letters": ("a.svg", f"<svg><!-- {CODE} --><path d='M 1 2'/></svg>"),
    "a table": ("a.csv", table(",")),
    "a table with tabs": ("a.tsv", table("\t")),
    "a list": ("a.json", json.dumps({"source": [LINES]})),
    "a list in code": ("a.py", f"lines = {LINES!r}"),
    "pieces": ("a.py", "text = " + " + ".join(repr(CODE[n : n + 7]) for n in range(0, 60, 7))),
    "numbers of letters": ("a.py", f"letters = {[ord(letter) for letter in CODE]}"),
    "an array of letters": ("a.npy", array(list(CODE))),
    "an array of their numbers": ("a.npy", array([ord(letter) for letter in CODE])),
    "lines backwards": ("a.txt", "\n".join(line[::-1] for line in LINES)),
    "a text backwards": ("a.py", f"text = {CODE[::-1]!r}"),
    "rotated letters": ("a.txt", codecs.encode(CODE, "rot13")),
}


@pytest.mark.parametrize(("path", "contents"), HIDDEN.values(), ids=HIDDEN)
def test_code_is_read_wherever_it_hides(path, contents):
    contents = contents if isinstance(contents, bytes) else contents.encode()
    assert any("\n".join(LINES) in text for _, text in texts_of(path, contents))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.csv", "name,loss\na,1.5\n"),
        ("a.json", '{"sizes": [1, 2, 3], "names": ["a"]}'),
        ("a.json", "no JSON"),
        ("a.py", f"x = 'a' + b + 'c'\ny = {list(range(100, 160))}\nz = [1, 'a']"),
        ("a.md", "Less than: x < y, and y > z."),
    ],
)
def test_an_ordinary_text_has_one_reading(path, text):
    assert [found for _, found in texts_of(path, text.encode())] == [path, text]


def test_another_name_of_a_module_and_pytorchs_keywords_change_no_step():
    def forms(text):
        return [step.forms for code in code_in(text) for step in steps_of(code)]

    other = CODE.replace("np.", "xp.").replace("axis", "dim").replace("return", "p =")
    expected = forms(CODE.replace("return", "p ="))
    assert expected and forms(f"import numpy as xp\n{other}") == expected
