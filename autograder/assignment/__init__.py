"""What a grader knows about an assignment: questions, limits, tests, right and wrong answers.

The folder hidden_tests/NAME goes in, a `Bundle` comes out.
"""
