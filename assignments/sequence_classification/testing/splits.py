"""What every split must be, whichever rows it chooses."""

import numpy as np
from seqlab import checks


def read(result, count):
    """Return (train, valid) as arrays, or raise a CheckError: each of `count` rows stands once."""
    checks.unpack("stratified_split", result, ("train", "valid"))
    for name, rows in zip(("train", "valid"), result, strict=True):
        checks.assert_dtype(name, rows, np.int64)
        checks.assert_shape(name, rows, (len(rows),))
    train, valid = (np.asarray(rows) for rows in result)
    both = np.sort(np.concatenate([train, valid]))
    checks.assert_equal("all row numbers, sorted,", both, np.arange(count))
    return train, valid
