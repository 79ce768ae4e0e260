"""The verdict in words."""

from landmarks.analysis.sensitivity.conditions import KINDS, SHIFT, TURN, Kind
from landmarks.analysis.sensitivity.rise import Curve, Rise, Verdict
from landmarks.data.augmentation import Augmentation


def verdict_text(
    split: str,
    protocol: str,
    curves: dict[str, Curve],
    verdict: Verdict,
    share: float,
    augmentation: Augmentation,
) -> str:
    """What raises the error by the share, and whether position matters more than orientation.

    Args:
        split: Name of the split.
        protocol: Name of the protocol.
        curves: For each kind of error.
        verdict: Of the same curves.
        share: How far the NME is to rise.
        augmentation: What the network was trained with, which settles much of the answer.
    """
    some = next(iter(curves.values()))
    lines = [
        f"{split}, {protocol}, {len(some.nme):,} faces: NME {some.nme[:, 0].mean():.2f} % in the "
        f"crop as it is. It rises by {100 * share:g} % of that with"
    ]
    for kind in KINDS:
        lines.append(f"  {kind.name} ({kind.unit}): {_rise_text(kind, curves[kind.name], verdict)}")
    lines.append(_comparison(verdict, curves))
    lines.append(
        "Trained with rotation up to "
        f"{augmentation.rotation:g}°, scale up to × {augmentation.scale:g} and shift up to "
        f"{100 * augmentation.shift:g} % of the window's side, as the settings say: a network "
        "bears what it was shown."
    )
    return "\n".join(lines)


def _rise_text(kind: Kind, curve: Curve, verdict: Verdict) -> str:
    rise = verdict.rises[kind.name]
    largest = kind.text(float(curve.sizes[-1]))
    if not rise.reached:
        rising = 100 * (curve.nme[:, -1].mean() / curve.nme[:, 0].mean() - 1)
        return (
            f"none measured; at {largest}, the largest, it is {rising:+.0f} %, landmarks having "
            f"moved by {100 * rise.moved:.1f} % of the crop"
        )
    if rise.high == float("inf"):
        interval = f"from {kind.text(rise.low)} to beyond {largest}, the largest measured"
    else:
        interval = f"{kind.text(rise.low)} to {kind.text(rise.high)}"
    return (
        f"{kind.text(rise.size)} (95 % interval {interval}), by which landmarks move by "
        f"{100 * rise.moved:.1f} % of the crop"
    )


def _comparison(verdict: Verdict, curves: dict[str, Curve]) -> str:
    shift, turn = verdict.rises[SHIFT.name], verdict.rises[TURN.name]
    if verdict.position_matters_more:
        return (
            f"Position matters more than orientation: {_movement(shift)} by a shift does what "
            f"takes {_movement(turn)} by a rotation."
        )
    if verdict.orientation_matters_more:
        return (
            f"Orientation matters more than position: {_movement(turn)} by a rotation does what "
            f"takes {_movement(shift)} by a shift."
        )
    if not shift.reached and not turn.reached:
        return (
            "Whether position matters more than orientation is not resolved: neither raises the "
            "error so far; measure larger ones, or a smaller rise."
        )
    return (
        "Whether position matters more than orientation is not resolved on these faces: "
        f"{_movement(shift)} by a shift against {_movement(turn)} by a rotation; of the resampled "
        f"faces, {100 * verdict.position:.0f} % say position, {100 * verdict.orientation:.0f} % "
        "orientation."
    )


def _movement(rise: Rise) -> str:
    more = "" if rise.reached else "more than "
    return f"{more}{100 * rise.moved:.1f} % of the crop's height that landmarks move"
