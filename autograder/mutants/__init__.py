"""Mutants: every single-point edit of a right answer, made by rule and not by experience.

An answer's code goes in, edits come out: for a proof, which asks whether tests see each of them,
and for a diagnosis, which asks whether a submission does what one of them does.
"""
