"""What identifies people: names in any spelling, ids and placeholders, and columns that hold them.

Text goes in; words, keys and places of columns come out. Nothing here knows a class.
"""
