"""What runs in the sandbox: the student's cells, in a process that knows no test.

Requests come in over the wire, answers go out. The same program serves as the oracle, with right
answers in place of a student's.
"""
