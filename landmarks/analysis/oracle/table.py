"""``oracle.csv`` and its figures."""

from collections.abc import Sequence
from pathlib import Path

import polars
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landmarks.analysis.figures.style import COLOURS
from landmarks.analysis.oracle.measure import OracleRow
from landmarks.files import complete_file
from landmarks.metrics.calibration import COVERAGES

_NUMBERS = (
    "error_px",
    "error_se",
    "median_px",
    "bias_x",
    "bias_y",
    "nme",
    "difference_px",
    "difference_low",
    "difference_high",
    "nll",
    *(f"coverage_{100 * share:.0f}" for share in COVERAGES),
    "predicted_px",
    "temperature",
)


def oracle_frame(rows: Sequence[OracleRow]) -> polars.DataFrame:
    """The rows as ``oracle.csv`` shows them: crop pixels; NME and coverage in per cent.

    The columns, beside those of `CodecError` and `OracleRow`:

    - ``difference_px``, ``difference_low``, ``difference_high``: `OracleRow.difference`.
    - ``nll``: mean negative log-likelihood of a point's error under the codec's covariance, nats.
    - ``coverage_50`` and on: share of the points inside the ellipse that should hold so many.
    - ``predicted_px``: the root-mean-square error that the covariances foretell.
    - ``temperature``: what these points' covariances would have to be multiplied by.
    """
    texts = ("method", "corruption", "note")
    columns = ["method", "heatmap_size", "sigma", "corruption", "level", *_NUMBERS, "note"]
    schema = {
        name: polars.String
        if name in texts
        else polars.Int64
        if name == "heatmap_size"
        else polars.Float64
        for name in columns
    }
    return polars.DataFrame([_values(row) for row in rows], schema=schema, orient="row")


def _values(row: OracleRow) -> tuple[str | float | None, ...]:
    head = (row.method, row.heatmap_size, row.sigma, row.condition.name, row.condition.level)
    if row.error is None:
        return (*head, *[None] * len(_NUMBERS), row.note)
    error, found = row.error, row.error.calibration
    return (
        *head,
        *error[:5],
        100 * error.nme,
        *(row.difference or (None, None, None)),
        found.nll,
        *(100 * share for share in found.coverage),
        found.predicted,
        found.temperature,
        row.note,
    )


def write_csv(rows: Sequence[OracleRow], path: Path) -> None:
    """Writes ``oracle.csv``; it appears when it is complete."""
    with complete_file(path) as unfinished:
        oracle_frame(rows).write_csv(unfinished)


def oracle_text(rows: Sequence[OracleRow], protocol: str) -> str:
    """The rows as a terminal shows them, a block a condition.

    Args:
        rows: What was measured.
        protocol: Name of the one that the NME is of.
    """
    width = max(len(row.method) for row in rows)
    labels = [
        ""
        if row.condition.level is None
        else f"{row.condition.name}, level {row.condition.level:g}"
        for row in rows
    ]
    lines = []
    for label in dict.fromkeys(labels):
        lines += [label] if label else []
        lines.append(
            f"{'method':{width}}  heatmap  error (px)        ±    median    bias x    bias y"
            "   NME (%)      NLL  in 90 %"
        )
        lines += [_words(row, width) for row, own in zip(rows, labels, strict=True) if own == label]
    lines.append(
        f"pixels of the crop; ± is a standard error over faces; NME under {protocol};\n"
        "NLL: negative log-likelihood of the errors under the codec's own covariance, in nats;\n"
        "in 90 %: per cent of the points inside their 90 % ellipse"
    )
    return "\n".join(lines)


def _words(row: OracleRow, width: int) -> str:
    head = f"{row.method:{width}}  {row.heatmap_size:7}  "
    if row.error is None:
        return head + f"{'–':>10}  {row.note}"
    error = row.error
    return head + (
        f"{error.error_px:10.4f}  {error.error_se:7.4f}  {error.median_px:8.4f}  "
        f"{error.bias_x:+8.4f}  {error.bias_y:+8.4f}  {100 * error.nme:8.4f}  "
        f"{error.calibration.nll:7.3g}  {100 * error.calibration.coverage[1]:7.1f}"
    )


def oracle_figure(rows: Sequence[OracleRow], title: str) -> Figure:
    """Each method's mean error against the heatmap's size; both axes are logarithmic."""
    figure, axes = _figure(title)
    for place, method in enumerate(_methods(rows)):
        own = sorted(
            (row.heatmap_size, row.error.error_px)
            for row in rows
            if row.method == method and row.error is not None
        )
        _line(axes, place, method, own)
    sizes = sorted({row.heatmap_size for row in rows})
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel="heatmap size (cells)", ylabel="mean error (crop pixels)")
    figure.legend(title="method", loc="outside right center", frameon=False)
    return figure


def corruption_figure(rows: Sequence[OracleRow], title: str) -> Figure:
    """Each method's mean error against one corruption's level; the error's axis is logarithmic.

    A bar shows two standard errors to either side.

    Args:
        rows: Of one corruption and one heatmap size.
        title: Of the figure.
    """
    figure, axes = _figure(title)
    for place, method in enumerate(_methods(rows)):
        own = sorted(
            (row.condition.level or 0.0, row.error.error_px, row.error.error_se)
            for row in rows
            if row.method == method and row.error is not None
        )
        if own:
            _line(axes, place, method, [part[:2] for part in own])
            axes.errorbar(
                [level for level, _, _ in own],
                [error for _, error, _ in own],
                yerr=[2 * spread for _, _, spread in own],
                fmt="none",
                ecolor=COLOURS[place % len(COLOURS)],
                elinewidth=0.8,
            )
    axes.set_yscale("log")
    axes.set(xlabel=rows[0].condition.corruptions[0].meaning, ylabel="mean error (crop pixels)")
    figure.legend(title="method", loc="outside right center", frameon=False)
    return figure


_MARKERS = "osD^vPX*<>hp"


def _methods(rows: Sequence[OracleRow]) -> list[str]:
    return list(dict.fromkeys(row.method for row in rows))


def _figure(title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.4, 4.4), layout="constrained")
    axes = figure.add_subplot(title=title)
    axes.grid(visible=True, linewidth=0.6, alpha=0.5)
    return figure, axes


def _line(axes: Axes, place: int, method: str, points: Sequence[tuple[float, float]]) -> None:
    axes.plot(
        [x for x, _ in points],
        [y for _, y in points],
        label=method,
        color=COLOURS[place % len(COLOURS)],
        marker=_MARKERS[place % len(_MARKERS)],
        # Methods with equal errors (the two HIH) lie on each other: every other one is hollow.
        markerfacecolor="none" if place % 2 else COLOURS[place % len(COLOURS)],
        markersize=5 + place % 2 * 3,
        linestyle="--" if place % 2 else "-",
    )
