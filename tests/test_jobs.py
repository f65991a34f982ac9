"""Work spread over processes, and results that are kept."""

import contextlib
import os

import pytest

from autograder.bundle import BundleError
from tools.jobs import Job, Pool, Store, WorkerError


@contextlib.contextmanager
def strange_worker():
    def perform(task: str) -> dict:
        if task == "die":
            os._exit(3)
        if task == "break":
            raise RuntimeError("no such thing")
        return {"did": task, "pid": os.getpid()}

    yield perform


@contextlib.contextmanager
def worker_that_cannot_start():
    raise BundleError("half of it is missing")
    yield


def do(*tasks: str, start=strange_worker) -> list[dict]:
    with Pool(start, 2) as pool:
        return [result for _, result in pool.run(Job(t, f"job {t}", t) for t in tasks)]


def test_all_jobs_are_done_by_several_workers():
    results = do(*(f"task {i}" for i in range(40)))
    assert {result["did"] for result in results} == {f"task {i}" for i in range(40)}
    assert os.getpid() not in {result["pid"] for result in results}


@pytest.mark.parametrize(
    ("task", "start", "said"),
    [
        ("die", strange_worker, r"a worker ended over job die \(exit code 3\)"),
        ("break", strange_worker, "(?s)a worker broke over job break: .*no such thing"),
        ("a", worker_that_cannot_start, "a worker broke while it started: half of it is missing"),
    ],
)
def test_a_worker_that_ends_is_an_error_with_a_name(task, start, said):
    with pytest.raises(WorkerError, match=said):
        do("a", task, "b", start=start)


def test_a_damaged_result_is_done_again(tmp_path):
    store = Store(tmp_path / "results")
    store.put("a", {"x": 1})
    store.put("b", {"x": 2})
    (store.folder / "b.json").write_text('{"x": ')
    assert (store.get("a"), store.get("b"), store.get("c")) == ({"x": 1}, None, None)
    store.prune({"b"})
    assert [file.name for file in store.folder.iterdir()] == ["b.json"]
