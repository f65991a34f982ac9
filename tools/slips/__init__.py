"""Slips of an author that no grading shows: the notebook runs, and means something else.

A `Master` and what lies beside it go in, mistakes come out: in what tests judge (`judging`), in
what students read (`wording`), in the known answers (`bank`), and in the names of files (`beside`).
"""
