"""What runs in the sandbox: the student's cells, in a process that knows no test.

Requests over the wire come in, answers go out. The same program serves as oracle, with right
answers in place of a student's.
"""
