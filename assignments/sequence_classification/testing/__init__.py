"""What the tests of `sequence_classification` share; written apart from the solution."""
