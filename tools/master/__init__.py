"""A master notebook, read: its blocks, questions, tests, and the known answers beside it.

Text comes in; a `Master` and a `Bank` go out, or an AuthorError with cell, line and what to do now.
Nothing here runs a notebook or writes a release.
"""
