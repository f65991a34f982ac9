"""Files for the student's function, written where the student's code runs."""


def written(text, pathlib, tempfile):
    """Write a text to a new file, in UTF-8 and exactly as it is; return its path.

    pathlib, tempfile: the notebook's own modules. What they write lies beside the student's code,
    which may run in another process and see no other files.
    """
    path = pathlib.Path(tempfile.mkdtemp(), "table.csv")
    path.write_text(text, encoding="utf-8", newline="")
    return path
