"""Tools for instructors and TAs: build, prove, grade, report.

    master ──▶ release ──▶ proof            handins ──▶ grading ──▶ gradebook

Data flows one way; tests/test_rooms.py fixes which package may import which. The modules in this
folder itself (errors, files, table, terminal, text_encoding, zip_names) are used by all packages
and import none of them.
"""

import sys

# Otter and nbformat import jsonschema, which spends three seconds on a grammar of addresses if
# JupyterLab has installed it. None of our schemas needs it.
sys.modules.setdefault("rfc3987_syntax", None)
