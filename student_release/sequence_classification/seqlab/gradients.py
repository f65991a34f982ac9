"""Gradient checking with central differences.

For one entry p of an array and a small eps,

    dL/dp = (L(p + eps) - L(p - eps)) / (2 eps) + O(eps^2).

Two gradients a and n of the same array are compared by

    relative error = |a - n| / (|a| + |n|)        (Euclidean norms over the whole array)

which is 0 when they agree and 1 when they have nothing in common. In float64 with eps = 1e-5 a
right gradient comes out below 1e-7, a wrong one above 1e-3. The threshold, 1e-6, is between them.
The quotient loses half of the digits of float64 to rounding; in float32 it proves nothing.

Source: Nocedal and Wright, "Numerical Optimization" (2006), section 8.1.
"""

from dataclasses import dataclass

import numpy as np

from seqlab.arrays import CheckError, describe_index
from seqlab.checks import assert_keys, assert_shape, check_expected
from seqlab.sentences import OTHERS, about

EPS = 1e-5
THRESHOLD = 1e-6

# Arrays whose gradients form their own pattern when one part of a backward pass is wrong.
OUTPUT_LAYER = ("W_hy", "b_y", "W_y")


def numerical_gradient(function, array, eps=EPS):
    """Return the gradient of function(array), a float, at `array`, by central differences.

    function: takes an array of this shape. array: float64, any shape; it is not modified.
    Costs two calls of the function per entry.
    """
    array = np.array(array, dtype=np.float64)
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        value = array[index]
        array[index] = value + eps
        above = function(array)
        array[index] = value - eps
        below = function(array)
        array[index] = value
        gradient[index] = (above - below) / (2 * eps)
    return gradient


def numerical_gradients(loss, params, eps=EPS):
    """Return the gradients of loss(params) for a dictionary of arrays, keys as in `params`."""

    def with_array(name):
        return lambda array: loss({**params, name: array})

    return {name: numerical_gradient(with_array(name), params[name], eps) for name in params}


def relative_error(a, n):
    """Return |a - n| / (|a| + |n|), and 0 when both are zero up to rounding."""
    scale = np.linalg.norm(a) + np.linalg.norm(n)
    # Where the true gradient is 0, rounding alone (1e-17 against 0) would count as an error of 1.
    # Written so that nan stays nan.
    return 0.0 if scale < 1e-12 else float(np.linalg.norm(np.asarray(a) - n) / scale)


@dataclass(frozen=True)
class Row:
    """One array of a report: its relative error and the entry that is furthest off."""

    name: str
    shape: tuple
    error: float
    worst: str
    factor: float | None  # the gradient is this many times the reference, when it is a multiple

    @property
    def passed(self):
        # Written so that nan fails.
        return self.error <= THRESHOLD


@dataclass(frozen=True)
class Report:
    """What compare() found, one row per array; print it or let the notebook show it.

    said: what the wrong arrays have to do with the right ones, where that can be told.
    """

    rows: tuple
    said: str = ""

    @property
    def passed(self):
        return all(row.passed for row in self.rows)

    def __str__(self):
        width = max(len(row.name) for row in self.rows)
        lines = [f"{'array':<{width}}  {'shape':<10} {'relative error':>14}  "]
        for row in self.rows:
            verdict = "ok" if row.passed else f"wrong, worst at {row.worst}"
            lines.append(f"{row.name:<{width}}  {row.shape!s:<10} {row.error:>14.1e}  {verdict}")
        return "\n".join(lines + ([] if self.passed else [f"\n{self.pattern()}"]))

    __repr__ = __str__

    def pattern(self):
        """Return a sentence on which arrays are wrong, and what that often means."""
        wrong = [row for row in self.rows if not row.passed]
        right = [row.name for row in self.rows if row.passed]
        names = ", ".join(row.name for row in wrong)
        factors = [row.factor for row in wrong]
        if not wrong:
            return "All gradients are right."
        if None not in factors and max(factors) - min(factors) < 1e-4 * abs(factors[0]):
            if abs(factors[0] + 1) < 1e-4:
                return f"All wrong arrays ({names}) have the wrong sign."
            return (
                f"All wrong arrays ({names}) are {factors[0]:.4g} times the right gradient: the "
                "direction is right. Look for a mean where a sum belongs, or for one division "
                "too few or too many."
            )
        facts = f"Wrong: {names}. Right: {', '.join(right) or 'none'}."
        if self.said:
            return self.said if OTHERS not in self.said else f"{self.said} {facts}"
        if right and all(row.name.startswith("b") for row in wrong):
            return (
                f"Only biases are wrong ({names}). A bias enters at every time step of every "
                "sequence: what must its gradient be summed over?"
            )
        if right and all(row.name in OUTPUT_LAYER for row in wrong):
            return (
                f"Only the output layer is wrong ({names}). Which state feeds the logits of step t?"
            )
        if right and {*right} == {row.name for row in self.rows} & {*OUTPUT_LAYER}:
            return (
                f"The output layer is right, everything behind it is wrong ({names}): the mistake "
                "is in the path through the recurrence."
            )
        if right and len(wrong) == 1:
            return f"Only {names} is wrong: the mistake is in the line that computes it."
        return facts


def compare(analytic, reference, axes=None):
    """Compare two dictionaries of gradients and return a Report.

    axes: {"x": "BTV"} names the axes of an array, so that the report can name time steps.
    """
    assert_keys("grads", analytic, reference)
    rows = []
    for name, n in reference.items():
        check_expected(f'grads["{name}"]', n)
        assert_shape(f'grads["{name}"]', analytic[name], np.shape(n))
        if np.asarray(analytic[name]).dtype.kind == "f" and np.asarray(analytic[name]).itemsize < 8:
            # Rounding in float32 is about as large as the threshold: the verdict would be luck.
            raise CheckError(f'grads["{name}"] is {analytic[name].dtype}: compute in float64.')
        a = np.asarray(analytic[name], dtype=np.float64)
        difference = np.abs(a - n)
        # nan is the worst of all: it must not hide behind a finite entry.
        worst = np.unravel_index(
            np.argmax(np.where(np.isnan(difference), np.inf, difference)), a.shape
        )
        rows.append(
            Row(
                name=name,
                shape=a.shape,
                error=relative_error(a, n),
                worst=describe_index(worst, (axes or {}).get(name)),
                factor=_factor(a, n),
            )
        )
    both = [(row.name, analytic[row.name], reference[row.name]) for row in rows if not row.passed]
    return Report(tuple(rows), " ".join(about(both)))


def _factor(a, n):
    """Return c where a = c n up to rounding, else None."""
    if not np.all(np.isfinite(a)) or not np.any(n) or not np.any(a):
        return None
    c = float(np.vdot(a, n) / np.vdot(n, n))
    return c if relative_error(a, c * np.asarray(n)) < THRESHOLD else None


def check_gradients(loss, params, grads, axes=None):
    """Compare `grads` with central differences of loss(params) and return a Report.

    loss: takes a dictionary of arrays and returns a float. params, grads: the same keys and shapes.
    """
    return compare(grads, numerical_gradients(loss, params), axes)


def assert_gradients(analytic, reference, axes=None):
    """Raise CheckError with the report unless every relative error is below THRESHOLD."""
    report = compare(analytic, reference, axes)
    if not report.passed:
        raise CheckError(f"The gradients are wrong.\n{report}")


def assert_downhill(before, after, grads, cosine):
    """Raise CheckError unless a few small steps moved each array against its gradient.

    cosine: the least one between the way that an array went and minus its gradient.
    """
    assert_keys("the trained params", after, before)
    for name, start in before.items():
        assert_shape(f'the trained params["{name}"]', after[name], start.shape)
        way = np.asarray(after[name], dtype=np.float64) - start
        lengths = np.linalg.norm(way) * np.linalg.norm(grads[name])
        # Written so that nan fails, and so does an array that stays where it was.
        if not -np.vdot(way, grads[name]) > cosine * lengths:
            raise CheckError(
                f"Three small steps from a new network do not move {name} downhill, along minus "
                "its gradient: a network that is not reached by such steps does not count."
            )
