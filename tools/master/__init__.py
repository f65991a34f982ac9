"""Reading a master notebook: its blocks, questions and tests, and the known answers beside it.

Parses text into a `Master` and a `Bank`, or raises an AuthorError with cell, line and what to do
now. Nothing here runs a notebook or writes a release.
"""
