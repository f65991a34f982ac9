"""Requests to a namespace: names, calls, attributes, items.

`operations` does them, on a student's namespace or on right answers; `repeater` repeats them on
another one; `recorded` holds what a submission was asked and has answered, and `tried` a few calls
of it to try many answers on; `agreement` compares answers piece by piece.
"""
