"""The proof of an assignment: notebooks whose points are known, graded, and judged by the laws.

A master, its bank and what a build writes go in; verdicts, a JSON record and a picture come
out. `tools.grading` does the grading.
"""
