"""What authors set outside the masters: course.toml, assignment.toml, requirements.lock.

Reads files; returns frozen records (`Course`, `Assignment`) and pins, or raises an AuthorError with
the line.
"""
