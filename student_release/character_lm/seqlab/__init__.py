"""seqlab: the code that the assignments on recurrent networks share.

`anbn` is the task, `gradients` checks a gradient, `checks` compares arrays and explains a
difference, `measures` records numbers and curves for a grader, `plots` and `figures` draw,
`progress` shows how far a training run has come. `grammar` is the text of the language model, and
`language_plots` draws what that has learnt.

Shapes are written with one letter per axis: B sequences, T time steps, V tokens in the vocabulary,
H hidden units. Everything is float64 and batch first. Losses are in nats.
"""
