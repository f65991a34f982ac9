"""The one way in which files are graded, for a class and for a proof: jobs in, records out.

    Job ──task──▶ worker (this machine or Dask): desk ──record──▶ store

`batch` works jobs off, `desk` is what a worker does, `store` keeps the records, `class_batch` is a
class of hand-ins. Otter's own grading runs in `otter_run` alone.
"""
