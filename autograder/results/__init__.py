"""The record of a graded submission, and how it is shown to a student and to Gradescope.

Everything after grading reads a `Score` and nothing else.
"""
