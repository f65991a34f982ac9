"""seqlab: the code that the assignments on recurrent networks share.

A release holds the modules that its notebook and its checks use. Each begins with a sentence that
says what it is for.

Shapes are written with one letter per axis: B sequences, T time steps, V tokens in the vocabulary,
H hidden units. Everything is float64 and batch first. Losses are in nats.
"""
