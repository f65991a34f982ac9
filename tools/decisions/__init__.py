"""What staff decide about points, and what counts in the end: marks, adjustments, lateness.

Tables that staff wrote and graded points go in; what counts for each student comes out.
"""
