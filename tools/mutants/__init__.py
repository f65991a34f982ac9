"""Mutants: every single-point edit of a right answer, made by rule and not by experience.

An answer's code goes in, mutants come out; `equivalent.toml` lists those that change nothing which
the assignment asks for. `tools.proof` grades them.
"""
