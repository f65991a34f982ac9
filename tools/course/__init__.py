"""What an author settles outside of the masters: course.toml, assignment.toml, requirements.lock.

Files come in; frozen records (`Course`, `Assignment`) and pins go out, or an AuthorError with the
line.
"""
