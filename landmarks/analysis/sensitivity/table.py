"""What was measured, as a table, and as curves over the size of the crop's error."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars

from landmarks.analysis.sensitivity.conditions import (
    UNCHANGED,
    Condition,
    Kind,
    conditions_of,
)
from landmarks.analysis.sensitivity.measure import MOVED, OUTSIDE
from landmarks.analysis.sensitivity.rise import Curve
from landmarks.analysis.statistics import mean_estimate, paired_difference

Measured = Mapping[str, polars.DataFrame]
"""For each condition, by its name: `measure_faces` of the same faces."""


def curve_of(kind: Kind, sizes: Sequence[float], measured: Measured, protocol: str) -> Curve:
    """The error against the size of errors of one kind, averaged over directions."""

    def column(name: str) -> np.ndarray:
        per_size = [[UNCHANGED], *(conditions_of(kind, size) for size in sizes)]
        return np.stack(
            [
                np.mean([measured[one.name][name].to_numpy() for one in own], axis=0)
                for own in per_size
            ],
            axis=1,
        )

    return Curve(kind, np.array([kind.neutral, *sizes]), column(protocol), column(MOVED))


def sensitivity_table(
    conditions: Sequence[Condition], measured: Measured, protocols: Sequence[str]
) -> polars.DataFrame:
    """A row a condition and protocol; NME, changes and shares in per cent.

    ``low`` and ``high`` limit the interval of 95 % of the NME, ``change_low`` and ``change_high``
    that of the change to the unchanged crop, which is paired face by face and far surer.
    """
    rows = []
    for condition in conditions:
        faces = measured[condition.name]
        for protocol in protocols:
            nme = faces[protocol].to_numpy()
            mean = mean_estimate(nme)
            change = paired_difference(nme, measured[UNCHANGED.name][protocol].to_numpy())
            rows.append(
                {
                    "split": faces["split"][0],
                    "protocol": protocol,
                    "error": "unchanged" if condition.axis is None else condition.axis.name,
                    "level": condition.level,
                    "faces": faces.height,
                    "nme": mean.value,
                    "low": mean.low,
                    "high": mean.high,
                    "change": change.value,
                    "change_low": change.low,
                    "change_high": change.high,
                    "moved": 100 * faces[MOVED].mean(),  # type: ignore[operator]
                    "outside": 100 * faces[OUTSIDE].mean(),  # type: ignore[operator]
                }
            )
    return polars.DataFrame(rows)


def sensitivity_text(table: polars.DataFrame) -> str:
    """The rows of one split and protocol, for a terminal."""
    lines = [
        f"{table['split'][0]}, {table['protocol'][0]}, {table['faces'][0]:,} faces",
        "error          level    NME (95 % interval)    change (paired)       moved  outside",
    ]
    for row in table.iter_rows(named=True):
        level = "" if row["error"] == "unchanged" else f"{row['level']:+.4g}"
        if row["error"] == "scale":
            level = f"× {row['level']:.4g}"
        change = (
            ""
            if row["error"] == "unchanged"
            else f"{row['change']:+.2f} ({row['change_low']:+.2f} … {row['change_high']:+.2f})"
        )
        lines.append(
            f"{row['error']:<10} {level:>9} {row['nme']:>6.2f} ({row['low']:.2f} … "
            f"{row['high']:.2f})  {change:<24} {row['moved']:>6.1f} % {row['outside']:>5.1f} %"
        )
    return "\n".join(lines)
