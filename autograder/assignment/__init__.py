"""What a grader knows of an assignment: questions, limits, tests, right and wrong answers.

The folder hidden_tests/NAME comes in, a `Bundle` goes out.
"""
