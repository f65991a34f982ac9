"""The pages on which written answers are marked: rendered text, points, comments, keys."""

import functools
import io
import itertools
import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.mathtext import math_to_image
from mdit_py_plugins.dollarmath import dollarmath_plugin

from tools.decisions.marks import WrittenAnswer, pseudonyms
from tools.gradebook.pages import readable, render

# Mathematics takes milliseconds each: beyond this, it is shown as it was typed.
MOST_FORMULAS, LONGEST_FORMULA = 60, 400
_COLOR = "#010101"  # replaced by the page's own


def written_page(
    question: str,
    answers: Sequence[WrittenAnswer],
    *,
    assignment: str,
    title: str,
    max_points: float | None = None,
    rubric: Sequence[tuple[str, float]] = (),
) -> str:
    """Return all answers to a question marked by hand, in a meaningless order.

    Points typed into the page are downloaded as a CSV: assignment, question, answer (a pseudonym
    of `tools.decisions.marks.pseudonyms`), points, and the comment. `rubric`: criteria with points.
    """
    numbers = itertools.count()
    names = pseudonyms(question, {answer.handin.id: answer.text for answer in answers})
    return render(
        "written.html.j2",
        question=question,
        answers=sorted(
            (
                (names[answer.handin.id], answer, rendered(answer.text, numbers))
                for answer in answers
            ),
            key=lambda row: row[0],
        ),
        assignment=assignment,
        title=title,
        max_points=max_points,
        rubric=rubric,
    )


def rendered(text: str, numbers: Iterator[int]) -> Markup:
    """Return Markdown as markup: no HTML of the student's own, no links, no images.

    Mathematics becomes a picture; what cannot be drawn stays as it was typed. `numbers` tell the
    pictures of a page apart.
    """
    left = itertools.repeat(None, MOST_FORMULAS)
    return Markup(_markdown().render(readable(text), {"numbers": numbers, "left": left}))


@functools.cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.use(dollarmath_plugin, double_inline=True)
    for name in ("math_inline", "math_inline_double", "math_block"):
        markdown.add_render_rule(name, _math)
    markdown.add_render_rule("link_open", lambda *_: "<u>")
    markdown.add_render_rule("link_close", _address)
    markdown.add_render_rule("image", lambda *_: "<em>(an image)</em>")
    return markdown


def _math(_self, tokens, at, _options, env) -> str:
    formula = tokens[at].content.strip()
    svg = _drawn(formula) if next(env["left"], 0) is None else ""
    kind = "math" if tokens[at].type == "math_inline" else "math block"
    if not svg:
        return f'<code class="{kind}">{escape(formula)}</code>'
    return f'<span class="{kind}">{_own_ids(svg, next(env["numbers"]))}</span>'


def _address(_self, tokens, at, _options, _env) -> str:
    """Close a link with its address as text: nobody follows a student's link by accident."""
    opened = next(t for t in reversed(tokens[:at]) if t.type == "link_open")
    return f"</u> ({escape(opened.attrs.get('href', ''))})"


@functools.lru_cache(maxsize=1024)
def _drawn(formula: str) -> str:
    """Return a formula as SVG; empty if it is not in the part of LaTeX that Matplotlib draws."""
    if not formula or len(formula) > LONGEST_FORMULA or "$" in formula:
        return ""
    buffer = io.BytesIO()
    try:
        with rc_context({"svg.hashsalt": "math", "mathtext.fontset": "cm"}):
            line = " ".join(formula.split())
            depth = math_to_image(f"${line}$", buffer, dpi=72, format="svg", color=_COLOR)
    except (ValueError, RecursionError, RuntimeError):
        return ""
    svg = buffer.getvalue().decode()
    svg = svg[svg.index("<svg") :]
    for kind in ("<metadata>.*?</metadata>", "<style.*?</style>", "<!--.*?-->"):
        svg = re.sub(kind, "", svg, flags=re.DOTALL)
    svg = svg.replace("fill: #ffffff", "fill: none")  # the paper
    width, height = (float(re.search(rf'{k}="([\d.]+)pt"', svg)[1]) for k in ("width", "height"))
    size = f"width: {width / 10:.2f}em; height: {height / 10:.2f}em"
    svg = re.sub(r'width="[\d.]+pt"|height="[\d.]+pt"', "", svg, count=2)
    style = f"display: inline; max-width: none; {size}; vertical-align: {-depth / 10:.2f}em"
    svg = svg.replace("<svg", f'<svg style="{style}" role="img" aria-label="{escape(line)}"', 1)
    return svg.replace(_COLOR, "currentColor")


def _own_ids(svg: str, number: int) -> str:
    """Return a picture whose ids no other picture in the page has."""
    svg = re.sub(r'\bid="', f'id="m{number}-', svg)
    return svg.replace('href="#', f'href="#m{number}-').replace("url(#", f"url(#m{number}-")
