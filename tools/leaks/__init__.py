"""The leak gate: a master and a release go in, and what gives an answer away comes out.

`opened` and `readings` yield every text of a file, packed, encoded or in disguise; `leak` searches
them for the secrets of the master, and `alike` for code of the same `structure` as an answer.
"""
