"""How alike two hand-ins are: their answers' code, its fingerprints, and what is rare in common.

Files go in; fingerprints, pairs and code come out. A hint to look, never a verdict.
"""
