"""One training on Weights & Biases, as one of its trainer's loggers."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

from lightning.pytorch.loggers import Logger, WandbLogger
from lightning.pytorch.utilities import rank_zero_only

from landmarks.analysis.wandb_log.session import RunIdentity, WandbSession
from landmarks.files import complete_file

_STEP = "trainer/global_step"


@final
class TrainingLog(Logger):
    """Lightning's `WandbLogger` of one training, which starts with the first step that is logged.

    The run ends with the training. Under several devices the first one logs.

    Args:
        session: The comparison's session.
        training: Name of the training's folder.
        key: Hash of what settles the training's result.
        methods: The methods that read it.
        settings: The resolved settings.
    """

    def __init__(
        self,
        session: WandbSession,
        training: str,
        key: str,
        methods: Sequence[str],
        settings: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self._session = session
        self._training = training
        self._key = key
        self._methods = tuple(methods)
        self._settings = settings
        self._inner: WandbLogger | None = None
        self._ended = False

    @property
    def name(self) -> str:
        """Name of the training's folder."""
        return self._training

    @property
    def version(self) -> str:
        """What tells trainings apart; the run's id on W&B is made from it."""
        return self._key[:16]

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Does nothing: a run is given all resolved settings when it starts."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Logs the metrics of a step."""
        if not self._ended:
            self._session.guarded(self._log_step, metrics, 0 if step is None else step)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Ends the run, if one was started."""
        if self._inner is not None:
            run = self._inner.experiment
            self._session.guarded(lambda: run.finish(exit_code=0 if status == "success" else 1))
            self._inner = None
        self._ended = True

    def _log_step(self, metrics: Mapping[str, float], step: int) -> None:
        if self._inner is None:
            self._inner = self._start()
            if self._session.offline:
                self._repeat_before(self._inner, step)
        self._inner.log_metrics(metrics, step)
        if self._session.offline:
            with self._history.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"step": step, "metrics": dict(metrics)}) + "\n")

    def _start(self) -> WandbLogger:
        number = self._session.run_id(self._key)
        run = self._session.start(
            RunIdentity(self._training, number, "training", self._methods, self._settings)
        )
        run.define_metric(_STEP)
        run.define_metric("*", step_metric=_STEP, step_sync=True)
        return WandbLogger(experiment=run)

    @property
    def _history(self) -> Path:
        return self._session.folder / f"history-{self._session.run_id(self._key)}.jsonl"

    def _repeat_before(self, inner: WandbLogger, step: int) -> None:
        """Logs what an interrupted call has logged of earlier steps; drops what is trained anew."""
        kept = []
        if self._history.exists():
            for line in self._history.read_text(encoding="utf-8").splitlines():
                try:
                    earlier = json.loads(line)
                except ValueError:  # cut off in the middle of a line
                    continue
                if earlier["step"] < step:
                    inner.log_metrics(earlier["metrics"], earlier["step"])
                    kept.append(line + "\n")
        with complete_file(self._history) as unfinished:
            unfinished.write_text("".join(kept), encoding="utf-8")


__all__ = ["TrainingLog"]
