"""Diagnosis by relation: how wrong results follow from right ones, in true sentences.

In: calls with their arguments, the right results and the student's. Out: sentences, each of which
holds in every call that was looked at: "`W_hh` is 2 times the right one", "the results are right
for `h0` = 0". Nothing is said where nothing explains the results.
"""
