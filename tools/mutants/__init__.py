"""Equivalent mutants: those that change nothing which an assignment asks for.

`equivalent.toml` comes in, checked against the mutants of the answers. `tools.proof` grades these.
"""
