"""The commands for a class: grade what it handed in, and report on what is graded."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from tools.commands.options import READABLE, assignments, root_option, workers_option
from tools.commands.request import CHOICES, Request, recalling, remembered
from tools.gradebook.lms import Lms
from tools.handins.layouts import Layout

EXAMPLES = {
    "grade": "Example: unroll grade submissions.zip --assignment rnn_from_scratch --out graded",
    "report": "Example: unroll report graded --published --csv canvas",
}

_OF_THE_CLASS = (
    click.option(
        "--roster",
        type=READABLE,
        help="CSV of the class, such as an LMS export: completes names, shows who is missing, "
        "and who is in a group that hands in together.",
    ),
    click.option(
        "--csv",
        multiple=True,
        type=click.Choice([lms.value for lms in Lms]),
        help="Also write scores-LMS.csv, which that LMS imports.",
    ),
    click.option(
        "--csv-template",
        "template",
        type=READABLE,
        help="The LMS's own export, to fill the points into. It is also the roster, unless one "
        "is given.",
    ),
    click.option(
        "--column",
        metavar="TITLE",
        default="",
        help="The column of that export which the points go into, if it is not called like the "
        "assignment.",
    ),
    click.option(
        "--overwrite",
        is_flag=True,
        help="Replace points in that export even if they are not ours; never EX or other words.",
    ),
    click.option(
        "--compare",
        metavar="FOLDER",
        type=click.Path(exists=True, path_type=Path),
        help="Hand-ins of an earlier class, to find answers taken from there.",
    ),
    click.option(
        "--anonymous",
        is_flag=True,
        help="Also write report-anonymous.html, for a meeting: no names.",
    ),
    click.option(
        "--forget",
        multiple=True,
        type=click.Choice(CHOICES),
        help="Drop a choice of an earlier run: the folder remembers them.",
    ),
    click.option("--published", is_flag=True, help="Feedback shows points and all results."),
    click.option(
        "--written",
        multiple=True,
        type=READABLE,
        help="CSV with points given by hand, downloaded from a page in written/; kept from "
        "then on.",
    ),
)


def _of_the_class(command: Callable) -> Callable:
    for option in reversed(_OF_THE_CLASS):
        command = option(command)
    return command


@click.command(epilog=EXAMPLES["grade"])
@click.argument(
    "submissions",
    nargs=-1,
    required=True,
    metavar="SUBMISSIONS...",
    type=click.Path(exists=True, path_type=Path),
)
@root_option
@click.option(
    "--assignment", "name", required=True, metavar="NAME", help="The assignment that was handed in."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for scores.csv, report.html, everything else, and what is done already.",
)
@workers_option
@click.option(
    "--layout",
    type=click.Choice([layout.value for layout in Layout]),
    help="What the download looks like, if it is recognised wrongly.",
)
@_of_the_class
@click.option("--regrade", is_flag=True, help="Grade all again, and write what changed.")
@click.option(
    "--student",
    "students",
    multiple=True,
    metavar="ID",
    help="Grade this student again, and nobody else: an id, email, number or name in scores.csv.",
)
@click.option(
    "--question",
    "questions",
    multiple=True,
    metavar="NAME",
    help="Grade this question again, and those that failed, which may depend on it.",
)
@click.option("--dask", metavar="ADDRESS", help="Grade on this Dask cluster: tcp://scheduler:8786.")
@click.option(
    "--trust-submissions",
    "trust",
    is_flag=True,
    help="Grade without any isolation if this machine offers none. Students' code then has "
    "all your rights.",
)
def grade(**values) -> None:
    """Grade a class: a folder, a zip from the LMS, or several files; or one notebook.

    Student code is isolated from the tests. Interrupt it whenever you like: what is done is kept,
    and what has not changed is not graded again. The exit code is 1 when the grader broke on a
    submission, or nothing could be graded.

    The folder remembers --roster, --csv, --csv-template, --column, --layout, --compare,
    --anonymous and --published. Staff's own changes belong in its adjustments.csv, with the
    columns student, question, points, comment.
    """
    assignments(values["root"], (values["name"],))
    if values["dask"] and values["workers"]:
        raise click.UsageError("-j is for this machine. A --dask cluster has its own workers.")
    from tools.commands import class_run

    sys.exit(class_run.run(recalling(Request(**values))))


@click.command(epilog=EXAMPLES["report"])
@click.argument(
    "out", metavar="FOLDER", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@root_option
@_of_the_class
@click.option("--open", "shown", is_flag=True, help="Open report.html in the browser.")
def report(out: Path, shown: bool, **values) -> None:
    """Write the tables and pages of a graded class again; grade nothing.

    FOLDER is the one that `unroll grade` got as --out. After the due date, --published shows all
    results on students' pages.
    """
    from tools.commands import class_run

    code = class_run.run(remembered(out, **values))
    if shown:
        click.launch(str(out / "report.html"))
    sys.exit(code)
