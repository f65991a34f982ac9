"""The picture of a proof: which test catches which known bug."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

# Twelve colours that can be told apart side by side; further questions start over.
COLOURS = (
    "#4477aa", "#dd5566", "#228833", "#a89000", "#3399cc", "#aa3377",
    "#8a6a48", "#d9702f", "#2a9d7c", "#7f8f00", "#7060c8", "#555555",
)  # fmt: skip
NEVER_RUN, PASSED = "#ffffff", "#f0f0f0"
WARNING = "#cc0000"
CELL = 0.155  # inches
LABEL_CHARACTERS = 58
DPI = 110


def draw(proof: Mapping[str, Any]) -> bytes:
    """Draw the proof on file as a PNG: bugs in rows, tests in columns, both by question."""
    bugs, tests = proof["bugs"], proof["tests"]
    questions = list(dict.fromkeys(test["question"] for test in tests))
    colour = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(questions)}
    bugs = sorted(bugs, key=lambda bug: questions.index(bug["question"]))  # stable
    caught = np.array([[_catches(test, bug) for test in tests] for bug in bugs])

    pixels = np.empty((len(bugs), len(tests), 3))
    for row, bug in enumerate(bugs):
        for column, test in enumerate(tests):
            own = test["question"] == bug["question"]
            ran = proof["form"] == "full" or own
            plain = PASSED if ran else NEVER_RUN
            pixels[row, column] = to_rgb(colour[test["question"]] if caught[row, column] else plain)

    left, right, top, bottom = 3.4, 1.1, 4.9, 1.15
    width, height = len(tests) * CELL + left + right, len(bugs) * CELL + top + bottom
    width = max(width, 9.0)
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(
        (left / width, bottom / height, len(tests) * CELL / width, len(bugs) * CELL / height)
    )
    axes.imshow(pixels, aspect="auto", interpolation="nearest")
    _lines(axes, bugs, tests, questions)
    _label_bugs(axes, bugs, caught, colour)
    _label_tests(axes, tests, caught, colour)
    figure.text(
        0.12 / width,
        1 - 0.3 / height,
        f"{proof['assignment']}: which test catches which known bug",
        fontsize=13,
        fontweight="bold",
    )
    figure.text(0.12 / width, 1 - 0.55 / height, _summary(proof, caught), fontsize=9)
    if proof.get("mutants"):
        _tell_mutants(figure, width, height, proof["mutants"])
    _legend(figure, width, height, proof["form"])
    out = io.BytesIO()
    # No date and no version: the same proof gives the same file.
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _catches(test: Mapping[str, Any], bug: Mapping[str, Any]) -> bool:
    return test["title"] in bug["failed"].get(test["question"], ())


def _lines(axes: Any, bugs: list, tests: list, questions: list[str]) -> None:
    """Draw a white grid, and a line wherever a question ends."""
    axes.set_xticks(np.arange(len(tests) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(bugs) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=0.7)
    axes.tick_params(which="both", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    for rows, line in ((bugs, axes.axhline), (tests, axes.axvline)):
        for i in range(1, len(rows)):
            if rows[i]["question"] != rows[i - 1]["question"]:
                line(i - 0.5, color="#888888", linewidth=0.8)


def _label_bugs(axes: Any, bugs: list, caught: np.ndarray, colour: Mapping[str, str]) -> None:
    axes.set_yticks(range(len(bugs)), [bug["slug"] for bug in bugs], fontsize=6.5)
    for label, bug in zip(axes.get_yticklabels(), bugs, strict=True):
        label.set_color(colour[bug["question"]])
    for row in range(len(bugs)):
        count = int(caught[row].sum())
        if count == 1:
            axes.annotate(
                "◂ one test only", (1.0, row), xycoords=("axes fraction", "data"),
                xytext=(4, 0), textcoords="offset points", va="center", fontsize=6, color=WARNING,
            )  # fmt: skip
        elif count == 0:
            axes.annotate(
                "◂ NOT CAUGHT", (1.0, row), xycoords=("axes fraction", "data"), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=6, color=WARNING, weight="bold",
            )  # fmt: skip


def _label_tests(axes: Any, tests: list, caught: np.ndarray, colour: Mapping[str, str]) -> None:
    labels = []
    for column, test in enumerate(tests):
        title = test["title"]
        if len(title) > LABEL_CHARACTERS:
            title = title[: LABEL_CHARACTERS - 1].rstrip() + "…"
        mark = "✗ " if not caught[:, column].any() else ""
        labels.append(f"{mark}{title}")
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(tests)), labels, fontsize=6.5, rotation=90)
    for column, (label, test) in enumerate(zip(axes.get_xticklabels(), tests, strict=True)):
        label.set_color(colour[test["question"]])
        if not test["hidden"]:
            label.set_style("italic")
        if not caught[:, column].any():
            label.set_color(WARNING)
            label.set_weight("bold")
    # The question below its tests.
    names = [test["question"] for test in tests]
    for name in dict.fromkeys(names):
        middle = names.index(name) + (names.count(name) - 1) / 2
        axes.annotate(
            name, (middle, 0.0), xycoords=("data", "axes fraction"), xytext=(0, -5),
            textcoords="offset points", rotation=30, ha="right", va="top", fontsize=7,
            color=colour[name], weight="bold",
        )  # fmt: skip


def _summary(proof: Mapping[str, Any], caught: np.ndarray) -> str:
    idle = int((~caught.any(axis=0)).sum())
    single = int((caught.sum(axis=1) == 1).sum())
    return (
        f"{caught.shape[0]} bugs, {caught.shape[1]} tests; {single} bugs are caught by one test "
        f"only, {idle} tests catch no bug. {proof['form'].capitalize()} proof, {proof['semester']}."
    )


def _tell_mutants(figure: Figure, width: float, height: float, mutants: list) -> None:
    """Say what became of the mutants, in red if any survives."""
    kept = sum(not mutant["caught"] for mutant in mutants)
    alive = sum(not mutant["caught"] and not mutant["equivalent"] for mutant in mutants)
    said = (
        f"{len(mutants)} mutants of the solution: {len(mutants) - kept} are caught, "
        f"{kept - alive} are equivalent, {alive} survive."
    )
    colour = WARNING if alive else "black"
    figure.text(0.12 / width, 1 - 0.75 / height, said, fontsize=9, color=colour)


def _legend(figure: Figure, width: float, height: float, form: str) -> None:
    entries = [
        Patch(facecolor=COLOURS[0], label="the test failed (colour: its question)"),
        Patch(facecolor=PASSED, edgecolor="#bbbbbb", label="it passed"),
    ]
    if form != "full":
        entries.append(Patch(facecolor=NEVER_RUN, edgecolor="#bbbbbb", label="not run (--full)"))
    entries += [
        Line2D([], [], linestyle="", marker="$Aa$", color="black", markersize=10,
               label="upright: hidden test, slanted: public"),
        Line2D([], [], linestyle="", marker="$✗$", color=WARNING,
               label="test that catches nothing"),
        Line2D([], [], linestyle="", marker="$◂$", color=WARNING,
               label="bug that only one test catches"),
    ]  # fmt: skip
    figure.legend(
        handles=entries, loc="upper left", bbox_to_anchor=(0.02 / width, 1 - 0.85 / height),
        fontsize=8, frameon=False,
    )  # fmt: skip
