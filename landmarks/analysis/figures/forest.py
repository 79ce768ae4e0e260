"""Paired differences between methods, as a forest plot."""

import math
from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from landmarks.analysis.figures.layout import (
    ROW,
    Row,
    label_rows,
    legend_below,
    legend_height,
    new_figure,
    number,
    shortened,
)
from landmarks.analysis.figures.style import (
    INK,
    PAPER,
    STYLE,
    UNRESOLVED,
    Look,
    Looks,
    method_looks,
)
from landmarks.analysis.statistics import Outcome, Pair

_LEGEND = "lines: 95 % interval over faces and seeds"
_MARKERS = {Outcome.BETTER: "<", Outcome.WORSE: ">", Outcome.NOT_RESOLVED: "o"}
_WORDS = {
    Outcome.BETTER: "better: resolved, lower error",
    Outcome.WORSE: "worse: resolved, higher error",
    Outcome.NOT_RESOLVED: "not resolved",
}


def pairs_against(pairs: Sequence[Pair], reference: str) -> list[Pair]:
    """Those pairs that a method is one of, turned so that it is the reference.

    Shares, differences, effects and verdicts change sign with the turning; relative differences
    are then in per cent of the reference's NME. The sentence of a turned verdict is its outcome.

    Args:
        pairs: As `landmarks.analysis.statistics.compare_pairs` gives them.
        reference: Name of the method.
    """
    return [
        pair if pair.reference == reference else _turned(pair)
        for pair in pairs
        if reference in (pair.method, pair.reference)
    ]


def forest_figure(
    pairs: Sequence[Pair], reference: str | None = None, looks: Looks | None = None
) -> Figure:
    """A row a pair: the difference of NME, its 95 % interval, its verdict and its size in per cent.

    A resolved difference is a filled triangle that points to the better side or away from it, in
    the method's colour; one that is not resolved is a hollow grey circle. The verdict is that of
    the pair, which allows for the number of pairs; an interval is not widened for it.

    Args:
        pairs: As `landmarks.analysis.statistics.compare_pairs` gives them.
        reference: Shows only the pairs with this method, which is mostly the best; None: all pairs.
        looks: How each method is drawn; None: by its place in the pairs.
    """
    looks = looks or method_looks(name for pair in pairs for name in (pair.reference, pair.method))
    shown = _shown(pairs, reference)
    outcomes = [one for one in Outcome if any(pair.verdict.outcome is one for pair in shown)]
    words = [_WORDS[outcome] for outcome in outcomes]
    with rc_context(STYLE):
        height = 1.0 + ROW * max(len(shown), 1) + legend_height(words, _LEGEND)
        figure = new_figure(height)
        axes = figure.subplots()
        axes.axvline(0, color=INK, linewidth=1, zorder=1)
        for y, pair in enumerate(shown):
            _draw(axes, y, pair, looks[pair.method])
        label_rows(axes, _rows(shown, reference, looks))
        _show_zero(axes, shown)
        if not shown:
            axes.text(0.5, 0.5, "one method: no pair", transform=axes.transAxes, ha="center")
        other = shortened(reference, 28) if reference is not None else "the second"
        axes.set_xlabel(f"NME less that of {other} (points)")
        axes.set_title("← lower error", loc="left", fontsize=9)
        axes.set_title("higher error →", loc="right", fontsize=9)
        legend_below(figure, [_handle(outcome) for outcome in outcomes], words, _LEGEND)
    return figure


def forest_alt(pairs: Sequence[Pair], reference: str | None = None) -> str:
    """The figure in a sentence, for those who do not see it."""
    shown = _shown(pairs, reference)
    counts = [
        f"{sum(pair.verdict.outcome is outcome for pair in shown)} {outcome.value}"
        for outcome in Outcome
    ]
    against = f" against {reference}" if reference is not None else ""
    text = f"Paired differences of NME{against}, {len(shown)} pairs: {', '.join(counts)}"
    if shown:
        widest = max(shown, key=lambda pair: abs(pair.difference.value))
        text += (
            f"; the largest is {widest.method} less {widest.reference}, "
            f"{number(widest.difference.value, '+.2f')} points "
            f"({number(widest.relative, '+.1f')} %)"
        )
    return f"{text}."


def _shown(pairs: Sequence[Pair], reference: str | None) -> list[Pair]:
    """The pairs to show, from the best to the worst."""
    if reference is not None:
        return sorted(pairs_against(pairs, reference), key=_size)
    # Each pair with the lower error first, so that the largest differences stand on top.
    return sorted(
        (pair if pair.difference.value <= 0 else _turned(pair) for pair in pairs), key=_size
    )


def _size(pair: Pair) -> float:
    return pair.difference.value if math.isfinite(pair.difference.value) else math.inf


def _turned(pair: Pair) -> Pair:
    share = pair.relative / 100
    outcome = pair.verdict.outcome.turned
    return pair._replace(
        method=pair.reference,
        reference=pair.method,
        difference=pair.difference.negated,
        relative=-100 * share / (1 + share) if share != -1 else math.nan,
        effect=-pair.effect,
        better_faces=1 - pair.better_faces,
        verdict=pair.verdict._replace(outcome=outcome, sentence=outcome.value),
    )


def _draw(axes: Axes, y: int, pair: Pair, look: Look) -> None:
    outcome = pair.verdict.outcome
    resolved = outcome is not Outcome.NOT_RESOLVED
    colour = look.colour if resolved else UNRESOLVED
    value, low, high = pair.difference
    if math.isfinite(low) and math.isfinite(high):
        axes.plot([low, high], [y, y], color=colour, linewidth=2.2, solid_capstyle="butt")
    if math.isfinite(value):
        axes.plot(
            [value],
            [y],
            marker=_MARKERS[outcome],
            markersize=8 if resolved else 6.5,
            color=colour,
            markerfacecolor=colour if resolved else PAPER,
            markeredgewidth=1.6,
        )


def _rows(shown: Sequence[Pair], reference: str | None, looks: Looks) -> list[Row]:
    largest = max((abs(pair.difference.value) for pair in shown), default=0.0)
    pattern = "+.2f" if largest >= 0.1 else "+.3f"
    rows = []
    for pair in shown:
        name = pair.method if reference is not None else f"{pair.method} − {pair.reference}"
        value = f"{number(pair.difference.value, pattern)} ({number(pair.relative, '+.1f')} %)"
        rows.append(Row(name, f"{value}, {pair.verdict.outcome.value}", looks[pair.method]))
    return rows


def _show_zero(axes: Axes, shown: Sequence[Pair]) -> None:
    """Zero is on the axis, and the axis has a width even where all differences are nothing."""
    ends = [x for pair in shown for x in pair.difference if math.isfinite(x)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    margin = 0.06 * (high - low) or 0.1
    axes.set_xlim(low - margin, high + margin)


def _handle(outcome: Outcome) -> Line2D:
    resolved = outcome is not Outcome.NOT_RESOLVED
    return Line2D(
        [],
        [],
        color=INK if resolved else UNRESOLVED,
        marker=_MARKERS[outcome],
        markersize=7,
        markerfacecolor=INK if resolved else PAPER,
        linewidth=2.2,
    )


__all__ = ["forest_alt", "forest_figure", "pairs_against"]
