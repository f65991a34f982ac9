"""The one way to grade files, for a class and for a proof: jobs in, records out.

    Job ──task──▶ worker (this machine or Dask): desk ──record──▶ store

`batch` works through jobs, `desk` is what a worker does, `store` keeps the records, `class_batch`
is a class of hand-ins. Only `otter_run` runs Otter's own grading.
"""
