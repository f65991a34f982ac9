"""What the tests of `attention` share: the right answers once more, written in another way.

`attention` has the functions of questions 1 to 4 and 11, `models` computes what a student's PyTorch
model should from that model's own parameters, `training` is the training loop by hand.
"""
