"""The judge: the tests run here, on stand-ins for what lives in the candidate.

A `Bundle` and a `Submission` go in, question scores come out. No student code runs here.
"""
