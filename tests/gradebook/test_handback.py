"""The zip of feedback pages, read as Canvas and Moodle read it."""

import pytest
from test_classlist import CANVAS, GRADESCOPE, MOODLE, Class, notebook

from tools.files import unpacked
from tools.gradebook.lms import feedback_zip


def sent_back(folder, files: dict[str, bytes]) -> dict[str, str]:
    """The names in the zip, and whose page each is; `back` says nothing of the contents."""
    downloaded = Class(folder)
    downloaded.put_all(files)
    handins = downloaded.read().handins
    pages = {}
    for handin in handins:
        pages[handin.id] = folder / f"{handin.id}.html"
        pages[handin.id].write_text(f"for {handin.id}", encoding="utf-8")
    contents = feedback_zip(handins, pages)
    members = unpacked(contents) if contents else {}
    return {name: text.decode().removeprefix("for ") for name, text in members.items()}


def test_canvas_finds_user_and_attachment(tmp_path):
    """Assignment#infer_comment_context_from_filename: the first two numbers between underscores."""
    found = {}
    names = sent_back(tmp_path, CANVAS)
    assert names.pop("anon_aB3dE_806_feedback.html") == "anon_aB3dE"  # by a rule of its own
    for name, whose in names.items():
        user, attachment = [part for part in name.split("_") if part.isdigit()][:2]
        found[user, attachment] = whose
        assert name.endswith("_feedback.html")
    # The newer of two files; a file that is not a notebook gets a page that says so.
    assert found.pop(("4711", "1002")) == "garciamaria_4711"
    assert found.pop(("4712", "803")) == "o_brienseán_4712"
    assert found.pop(("4713", "805")) == "müllerjürgen_4713"
    assert not found


@pytest.mark.parametrize("ending", ["", "_"], ids=["since 4.1", "before"])
def test_moodle_finds_participants_and_groups(tmp_path, ending):
    """assignfeedback_file_zip_importer: NAME_ID_assignsubmission_file, a folder of its own."""
    files = {
        name.replace("_file/", f"_file{ending}/").replace("_file_/", f"_file{ending}/"): contents
        for name, contents in MOODLE.items()
    }
    found = {}
    for name, whose in sent_back(tmp_path, files).items():
        folder, page = name.split("/")
        _, number, kind, plugin, *_ = folder.split("_")
        assert (kind, plugin, page) == ("assignsubmission", "file", "feedback.html")
        found[number] = whose
    people = {"4711": "María_García_4711", "4712": "שרה_כהן_4712", "17": "Team_3_17"}
    assert found == people


def test_moodle_without_folders(tmp_path):
    names = sent_back(tmp_path, {"Ann Lee_5_assignsubmission_file_a_b.ipynb": notebook()})
    assert names == {"Ann Lee_5_assignsubmission_file_feedback.html": "Ann_Lee_5"}


def test_where_an_lms_takes_no_files_back_there_is_no_zip(tmp_path):
    assert sent_back(tmp_path, GRADESCOPE) == {}
