"""What tests measure of an answer besides right and wrong; a grader may show it.

In a notebook this does nothing that is seen. The examiner reads, and empties, the dictionaries.
"""

import numpy as np

from seqlab.arrays import CheckError, as_array

# A picture of a whole class needs no more of one run than this.
CURVE_POINTS = 100

NUMBERS = {}
LIMITS = {}
CURVES = {}


def measure(name, number, limits=None):
    """Note a number that a test has computed from an answer, such as its excess loss in nats.

    limits: the pair between which the number passes, where the test judges by it.
    """
    NUMBERS[name] = float(number)
    if limits is not None:
        LIMITS[name] = tuple(map(float, limits))


def measure_curve(name, values, floor=0.0):
    """Note how far the values that an answer returned, one per step, lie above the floor.

    Kept are at most CURVE_POINTS pairs (step, value), evenly spaced, the first and the last among
    them. Numbers that are not finite are left out, and so is what is no row of numbers: whether
    the answer is right is for others to say.
    """
    try:
        values = as_array(name, values).astype(np.float64)
    except (CheckError, TypeError, ValueError):
        return
    if values.ndim != 1 or not values.size:
        return
    steps = np.unique(np.linspace(0, len(values) - 1, CURVE_POINTS).round().astype(int))
    steps = steps[np.isfinite(values[steps])]
    CURVES[name] = tuple((int(step), float(f"{values[step] - floor:.4g}")) for step in steps)
