"""Ids of hand-ins: they keep people's letters, are files' names everywhere, and never collide."""

import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.file_names import folded, holds_letters, identifiers
from tools.grading.store import Store

ANY = st.text(max_size=9) | st.text("aÅß İ\u0301\u030aक्षि李𠮷-_", max_size=90)


@pytest.mark.parametrize(
    ("label", "id_"),
    [
        ("Łukasz Żółć_4711", "Łukasz_Żółć_4711"),
        ("Ben Иванов", "Ben_Иванов"),
        ("李小龙 (2)", "李小龙_2"),
        ("محمد علي", "محمد_علي"),
        ("किशोर", "किशोर"),
        ("Jose\u0301", "José"),
        ("O'Brien-Núñez, Zoë", "O_Brien-Núñez_Zoë"),
        ("\u0301 a", "a"),
        ("☃\ufe0f x", "x"),
        ("CON", "CON_"),
        ("ＣＯＭ１", "ＣＯＭ１_"),  # noqa: RUF001 - to Windows, this may be COM1
        ("../..", "submission-3a6cf0e4"),
    ],
)
def test_an_id_keeps_its_letters(label, id_):
    if id_.startswith("submission"):
        assert re.fullmatch("submission-[0-9a-f]{8}", identifiers([label])[0][0])
    else:
        assert identifiers([label]) == ([id_], [])


def test_labels_that_may_be_one_file_somewhere_stay_two():
    labels = ["José", "Jose\u0301", "JOSÉ", "Jose"]
    ids, shared = identifiers(labels)
    assert shared == labels[:3] and ids[3] == "Jose"
    assert len(set(map(folded, ids))) == 4 and all(id_[:3] in ("Jos", "JOS") for id_ in ids)


def test_ascii_ids_are_as_they_were():
    labels = ["Łukasz Żółć_4711", "Ben Иванов", "李小龙"]
    ids, _ = identifiers(labels, ascii_only=True)
    assert ids[:2] == ["ukasz_Zoc_4711", "Ben"] and ids[2].startswith("submission-")


@settings(max_examples=200, deadline=None)
@given(st.lists(ANY), st.booleans())
def test_ids_are_unique_safe_and_stable(labels, ascii_only):
    ids, _ = identifiers(labels, ascii_only)
    decomposed = {unicodedata.normalize("NFD", each).casefold() for each in ids}
    assert len(decomposed) == len({*map(folded, ids)}) == len(labels)
    for each in ids:
        assert re.fullmatch(r"[^\W_][^\s./\\:]*", each) and each.isprintable()
        assert each == unicodedata.normalize("NFC", each) and len(each.encode()) <= 210
        assert each.isascii() or not ascii_only
    assert not {"con", "nul", "com1"} & {each.casefold() for each in ids}
    distinct = list(dict.fromkeys(labels))
    forward = dict(zip(distinct, identifiers(distinct, ascii_only)[0], strict=True))
    backward = dict(zip(distinct[::-1], identifiers(distinct[::-1], ascii_only)[0], strict=True))
    assert forward == backward


def test_the_store_knows_them_again(tmp_path):
    longest = "𠮷" * 60
    ids, _ = identifiers([longest, "Łukasz", "李小龙", *["クク"] * 2])
    for _ in range(2):
        with Store(tmp_path) as store:
            before = {id_: [entry.number for entry in store.entries(id_)] for id_ in ids}
            for id_ in ids:
                store.put(id_, "0" * 32, {})
    assert before == {id_: [1] for id_ in ids}


def test_a_folder_that_cannot_hold_letters(tmp_path, monkeypatch):
    assert holds_letters(tmp_path / "not/there/yet")
    assert not any(tmp_path.iterdir())

    def refused(self, *_: object) -> None:
        if not self.name.isascii():
            raise OSError(22, "Invalid argument", os.fspath(self))

    monkeypatch.setattr(Path, "touch", refused)
    assert not holds_letters(tmp_path)
