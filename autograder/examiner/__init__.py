"""What judges: the tests run here, on stand-ins for what lives in the candidate.

A `Bundle` and a `Submission` come in, question scores go out. No code of a student's runs here.
"""
