"""The runs of one comparison on Weights & Biases, and what keeps them from harming it."""

import hashlib
import json
import os
import secrets
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec

from filelock import FileLock

from landmarks.files import complete_file

_PROJECT = "landmarks"
_LONGEST_TAG = 64
_SECONDS_TO_START = 45.0
_SECONDS_TO_FINISH = 120.0
"""What a training waits for uploads at its end; the rest stays on disk, for ``wandb sync``."""
_FOLDERS = {"WANDB_CACHE_DIR": "cache", "WANDB_DATA_DIR": "data"}
"""Where W&B keeps files beside those of its runs: in the home folder, unless it is told."""

_Arguments = ParamSpec("_Arguments")


class RunIdentity(NamedTuple):
    """What a run on W&B is called.

    Attributes:
        name: What it is shown as.
        number: Its id, unique in a project.
        kind: Its job type.
        methods: Its tags.
        settings: Its config.
    """

    name: str
    number: str
    kind: str
    methods: Sequence[str]
    settings: Mapping[str, Any]


class WandbSession:
    """Starts the runs of one comparison.

    The project is ``WANDB_PROJECT``, or ``landmarks``. The group is the experiment's name and a
    number that is drawn once for the output folder, so that two comparisons of one name, and one
    that is begun afresh, stand apart.

    Args:
        output: The comparison's folder; all files lie below its ``wandb/``.
        name: Name of the experiment.
        offline: Whether to write files alone.

    Attributes:
        failed: Whether W&B has failed; nothing more is logged then.
    """

    def __init__(self, output: Path, name: str, offline: bool) -> None:
        self.folder = output / "wandb"
        self.name = name
        self.offline = offline
        self.failed = False
        self._environment: dict[str, str] | None = None

    def close(self) -> None:
        """Ends W&B's process in the background, and puts the environment back."""
        if self._environment is None:
            return
        import wandb

        if wandb.run is None:  # a run of the user's own, in a notebook, is left alone
            try:
                wandb.teardown()
            except (Exception, SystemExit) as error:  # it may end the interpreter
                self._give_up(error)
        for variable in _FOLDERS:
            if variable in self._environment:
                os.environ[variable] = self._environment[variable]
            else:
                os.environ.pop(variable, None)
        self._environment = None

    def start(self, identity: "RunIdentity") -> Any:  # noqa: ANN401 (wandb's types are not checked)
        """Starts a run of the group, or goes on with it.

        Raises:
            Exception: Whatever W&B raises.
        """
        self._keep_files_here()
        import wandb

        run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or _PROJECT,
            dir=str(self.folder.parent),
            group=self.group,
            name=identity.name,
            id=identity.number,
            job_type=identity.kind,
            tags=[method[:_LONGEST_TAG] for method in identity.methods],
            config=json.loads(json.dumps(identity.settings, default=str)),
            allow_val_change=True,
            mode="offline" if self.offline else "online",
            resume=None if self.offline else "allow",
            reinit="create_new",  # beside a run of the user's own, such as in a notebook
            settings=wandb.Settings(
                silent=True,  # what fails is told once, here
                console="off",  # the terminal belongs to the progress bar
                init_timeout=_SECONDS_TO_START,
                finish_timeout=_SECONDS_TO_FINISH,
            ),
        )
        if not self.offline:
            print(f"Weights & Biases: {identity.name}: {run.url}", flush=True)
        return run

    def run_id(self, key: str) -> str:
        """The number of a run: the same for one key in one output folder, on every call."""
        return digest(self._number(), key)[:16]

    def guarded(
        self,
        act: Callable[_Arguments, None],
        *arguments: _Arguments.args,
        **more: _Arguments.kwargs,
    ) -> None:
        """Does something with W&B; its first failure is a warning and ends the logging."""
        if self.failed:
            return
        try:
            act(*arguments, **more)
        except Exception as error:  # whatever it is, it must not end a training
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        if self.failed:
            return
        self.failed = True
        warnings.warn(
            f"Weights & Biases fails, and nothing more is logged there ({type(error).__name__}: "
            f"{' '.join(str(error).split())}); the comparison goes on without it. "
            "'--wandb offline' writes files to be uploaded later, '--wandb off' does without",
            stacklevel=2,
        )

    @property
    def group(self) -> str:
        """What all runs of the comparison are grouped under."""
        return f"{self.name}-{self._number()}"

    @property
    def group_in_letters(self) -> str:
        """The group in the letters that an artifact's name may have."""
        return "".join(
            it if it.isascii() and (it.isalnum() or it in "-_.") else "-" for it in self.group
        )

    def _keep_files_here(self) -> None:
        """Has W&B write below the output folder what it would write to the home folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._environment is None:
            self._environment = dict(os.environ)
            for variable, folder in _FOLDERS.items():
                os.environ.setdefault(variable, str(self.folder.resolve() / folder))

    def _number(self) -> str:
        """The number of the comparison, drawn when it is first asked for."""
        file = self.folder / "comparison.txt"
        self.folder.mkdir(parents=True, exist_ok=True)
        # Trainings may run side by side, as processes or as jobs of a cluster.
        with FileLock(self.folder / "comparison.lock"):
            if not file.exists():
                with complete_file(file) as unfinished:
                    unfinished.write_text(secrets.token_hex(4), encoding="utf-8")
            return file.read_text(encoding="utf-8").strip()


def digest(*parts: str) -> str:
    """A hash of texts, one after the other."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


__all__ = ["RunIdentity", "WandbSession", "digest"]
