"""What the tests of this assignment import."""
