"""What the tests of `character_lm` compute for themselves; students never see it.

`indices`: numbers of characters and sentences; `limits`: what is possible at best; `networks`:
the model once more, from its parameters alone, and another program that trains it; `texts`:
batches, chunks, and exact losses on the grammar.
"""
