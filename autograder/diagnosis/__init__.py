"""What explains wrong answers, in true sentences.

In: what a submission was asked and has answered, the right answers, known bugs. Out: the known bugs
that do the same; else relations ("`W_hh` is 2 times the right one"), each of which holds in every
call that was looked at; else the edit of the right answer that gets the same. Nothing is said where
nothing explains the results. It runs in the oracle, not in the examiner: the requests have passed
through a student's code.
"""
