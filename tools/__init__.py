"""Tools for instructors and TAs: build, prove, grade, report.

    master ──▶ release ──▶ proof            handins ──▶ grading ──▶ gradebook

Data flows one way; which package may import which is held by tests/test_rooms.py. Modules of this
folder itself (errors, files, table, terminal) are used by all and import none of the others.
"""
