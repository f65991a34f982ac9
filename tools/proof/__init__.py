"""The proof of an assignment: notebooks whose points are known, graded, and judged by the laws.

A master, its bank and what a build writes come in; verdicts, a JSON record and a picture go
out. The grading itself is `tools.grading`'s.
"""
