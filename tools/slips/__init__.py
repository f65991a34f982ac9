"""Slips of an author: what the grammar allows, and grading meets too late or never.

A `Master` and what lies beside it go in, mistakes come out: in names, imports and files that are
not there (`needs`, `opens`), in settings (`policy`), in what tests judge (`judging`), in what
students read (`wording`), in the known answers (`bank`), and in the names of files (`beside`).
"""
