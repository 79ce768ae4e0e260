"""Where trainings and their comparison are logged: Weights & Biases, or nowhere."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import polars
from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only

from landmarks.analysis.wandb_log.session import RunIdentity, WandbSession, digest
from landmarks.analysis.wandb_log.training_log import TrainingLog
from landmarks.files import complete_file


class ComparisonLog(ABC):
    """Where trainings and their comparison are logged, apart from the comparison's own files."""

    @abstractmethod
    def loggers(
        self, training: str, key: str, methods: Sequence[str], settings: Mapping[str, Any]
    ) -> list[Logger]:
        """What to add to a trainer's loggers; none where nothing is logged.

        Args:
            training: Name of the training's folder.
            key: Hash of what settles the training's result. A training that goes on after an
                interruption has the same key, and goes on with the same record.
            methods: The methods that read it.
            settings: The resolved settings.
        """

    @abstractmethod
    def finished(
        self,
        tables: Mapping[str, polars.DataFrame],
        files: Sequence[Path],
        pictures: Sequence[Path],
    ) -> None:
        """Logs the finished comparison; again only if what was found has changed since.

        Args:
            tables: Tables to be shown, by name, such as the summary.
            files: Files to be kept: the report, results.csv, and so on.
            pictures: JPEG or PNG files to be shown, such as the overlays.
        """

    @abstractmethod
    def close(self) -> None:
        """Ends what runs in the background."""


@final
class NoLog(ComparisonLog):
    """Nothing is logged."""

    def loggers(
        self, training: str, key: str, methods: Sequence[str], settings: Mapping[str, Any]
    ) -> list[Logger]:
        """No loggers."""
        return []

    def finished(
        self,
        tables: Mapping[str, polars.DataFrame],
        files: Sequence[Path],
        pictures: Sequence[Path],
    ) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


@final
class WandbLog(ComparisonLog):
    """Logs to Weights & Biases, below ``wandb/`` of the output folder.

    Offline, ``wandb sync OUTPUT/wandb/offline-run-*`` uploads it all later. W&B cannot go on with a
    run offline; a training that goes on after an interruption therefore writes its history anew
    from the start, under the same number, so that the latest record of it is whole.

    Args:
        output: The comparison's folder.
        name: Name of the experiment.
        offline: Whether to write files alone.
    """

    def __init__(self, output: Path, name: str, offline: bool) -> None:
        self._session = WandbSession(output, name, offline)

    @property
    def offline(self) -> bool:
        """Whether files alone are written."""
        return self._session.offline

    def loggers(
        self, training: str, key: str, methods: Sequence[str], settings: Mapping[str, Any]
    ) -> list[Logger]:
        """One logger; none once W&B has failed."""
        if self._session.failed:
            return []
        return [TrainingLog(self._session, training, key, methods, settings)]

    @rank_zero_only
    def finished(
        self,
        tables: Mapping[str, polars.DataFrame],
        files: Sequence[Path],
        pictures: Sequence[Path],
    ) -> None:
        """A run named ``comparison``: tables and pictures to look at, all files as an artifact."""
        self._session.guarded(self._log_comparison, tables, files, pictures)

    def _log_comparison(
        self,
        tables: Mapping[str, polars.DataFrame],
        files: Sequence[Path],
        pictures: Sequence[Path],
    ) -> None:
        known = self._session.folder / "logged.txt"
        content = [table.write_csv() for table in tables.values()]
        found = digest("offline" if self._session.offline else "online", *content)
        if known.exists() and known.read_text(encoding="utf-8") == found:
            return
        run = self._session.start(
            RunIdentity("comparison", self._session.run_id("comparison"), "comparison", (), {})
        )
        import wandb

        shown: dict[str, Any] = {
            name: wandb.Table(columns=table.columns, data=[list(row) for row in table.rows()])
            for name, table in tables.items()
        }
        for picture in pictures:
            shown[picture.stem] = wandb.Image(str(picture))
        for file in files:
            if file.suffix == ".html":
                page = file.read_text(encoding="utf-8")
                shown[file.stem] = wandb.Html(page, inject=False)
        run.log(shown)
        kept = wandb.Artifact(self._session.group_in_letters, type="comparison")
        for file in (*files, *pictures):
            kept.add_file(str(file), name=file.name)
        run.log_artifact(kept)
        run.finish()
        with complete_file(known) as unfinished:
            unfinished.write_text(found, encoding="utf-8")

    def close(self) -> None:
        """Ends W&B's process in the background."""
        self._session.close()


def log_comparison(log: ComparisonLog, output: Path) -> None:
    """Logs what a comparison has written to its folder: tables, report, pictures.

    Args:
        log: The log.
        output: The comparison's folder.
    """
    tables = {
        name: polars.read_csv(output / f"{name}.csv", infer_schema_length=None)
        for name in ("summary", "pairs", "results")
        if (output / f"{name}.csv").exists()
    }
    pictures = sorted(output.glob("*.jpg"))
    files = [*sorted(output.glob("*.csv")), *sorted(output.glob("report.html"))]
    log.finished(tables, files, pictures)


__all__ = ["ComparisonLog", "NoLog", "WandbLog", "log_comparison"]
