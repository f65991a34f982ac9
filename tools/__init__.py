"""Tools for instructors and TAs: build, prove, grade, report.

    master ──▶ release ──▶ proof            handins ──▶ grading ──▶ gradebook

Data flows one way; tests/test_rooms.py fixes which package may import which. The modules in this
folder itself (errors, files, table, terminal, text_encoding, zip_names) are used by all packages
and import none of them.
"""
