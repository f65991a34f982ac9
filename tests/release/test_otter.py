"""The undocumented parts of Otter that this project uses: a new Otter may lack them."""

import importlib
import inspect

import pytest
from conftest import ROOT

from autograder.assignment.otter_tests import read_tests

# Module, name, and the parameters that we pass to it (None: we only read the name).
USED = [
    # The grader reads test files.
    ("otter.test_files.exception_test", "ExceptionTestFile.from_file", ["path"]),
    ("otter.test_files.exception_test", "test_case.test_func", None),
    ("otter.test_files.exception_test", "test_case.call_func", ["self", "global_environment"]),
    # The build splits masters.
    ("otter.assign.assignment", "Assignment", None),
    ("otter.assign.output", "write_output_directories", ["assignment"]),
    ("otter.assign.utils", "run_generate_autograder", ["assignment", "gs_username", "gs_password"]),
    # A proof grades with Otter.
    ("otter.api", "grade_submission", ["submission_path", "ag_path"]),
    (
        "otter.execute",
        "grade_notebook",
        ["submission_path", "tests_glob", "cwd", "test_dir", "ignore_errors"],
    ),
    ("nbconvert.preprocessors", "ExecutePreprocessor", None),
]


@pytest.mark.parametrize(("module", "name", "passed"), USED, ids=[use[1] for use in USED])
def test_otter_still_has_it(module, name, passed):
    found = importlib.import_module(module)
    owner, _, attribute = name.rpartition(".")
    found = getattr(found, owner) if owner else found
    if passed is None:
        annotated = attribute in getattr(found, "__annotations__", {})
        assert annotated or hasattr(found, attribute), f"{module}.{name} is gone"
        return
    known = inspect.signature(getattr(found, attribute)).parameters
    gone = [each for each in passed if each not in known]
    assert not gone, f"{module}.{name} no longer takes {', '.join(gone)}"


def test_the_zip_of_a_bundle_can_be_named():
    from otter.assign.assignment import Assignment

    assert "_ag_zip_name" in inspect.getsource(Assignment)


def test_the_grader_reads_test_files_as_otter_does():
    from otter.nbmeta_config import NBMetadataConfig
    from otter.test_files import create_test_file

    files = sorted((ROOT / "autograder/hidden_tests").glob("*/*.py"))
    for file in files:
        otters = create_test_file(str(file), NBMetadataConfig()).test_cases
        assert [
            (case.title, case.hidden, case.points, case.hint, case.parameters)
            for case in read_tests(file)
        ] == [
            (c.name, c.hidden, c.points, c.failure_message or "", (*c.body._get_func_params(),))
            for c in otters
        ]
    assert files
    import otter.test_files

    assert otter.test_files.create_test_file is create_test_file  # untouched by the grader's own
