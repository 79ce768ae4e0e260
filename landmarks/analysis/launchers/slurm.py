"""Jobs done by a SLURM cluster, as an array."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from landmarks.analysis.launchers.base import Launcher
from landmarks.analysis.launchers.job import BUSY, Failure, Job
from landmarks.errors import SettingsError
from landmarks.files import complete_file

_ARRAY = """\
#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --chdir={here}
#SBATCH --array=0-{last}{at_a_time}
#SBATCH --output={said}
#SBATCH --open-mode=append
{own}
# A job is one training and the tests of all methods that read it. They are listed here, since SLURM
# keeps this file as it is now, whatever is submitted later.
jobs=(
{jobs}
)
{alone}
{python} -m landmarks {words} --only "${{jobs[$SLURM_ARRAY_TASK_ID]}}"
status=$?
# {busy}: another call on this output is doing this training.
if [ "$status" -eq {busy} ]; then exit 0; fi
exit "$status"
"""

_PUBLISH = """\
#!/bin/bash
#SBATCH --job-name={name}-report
#SBATCH --chdir={here}
#SBATCH --output={said}
{own}
{alone}
exec {python} -m landmarks {words} --publish
"""

_ALONE = """\
# Lightning would look here for the other processes of its training: each trains alone.
unset SLURM_NTASKS SLURM_NTASKS_PER_NODE"""


class SlurmArray(Launcher):
    """Hands the jobs to SLURM: an array of them, and a job after it that writes the report.

    ``FOLDER/array.sbatch``, which lists the jobs, and ``FOLDER/publish.sbatch`` are what is
    submitted. Where there is no ``sbatch``, they are written all the same, and the commands
    to submit them with are shown. The report is written however the array's jobs end
    (``--dependency=afterany``); it names what is missing, and the same command called again submits
    that.

    Args:
        words: The words after ``landmarks`` of the comparison: ``compare EXPERIMENT --output O``.
        name: The jobs' name in the queue.
        folder: Where to write the files, and what the jobs say.
        options: Options of ``sbatch`` for the array's jobs, such as ``--gres=gpu:1``.
        workers: Jobs at a time; as many as the cluster has room for if None.

    Raises:
        SettingsError: If an option is none, or settles what is settled here.
    """

    def __init__(
        self,
        words: Sequence[str],
        name: str,
        folder: Path,
        options: Sequence[str] = (),
        workers: int | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise SettingsError(f"--workers is {workers}; expected at least 1")
        self.words = tuple(words)
        self.name = name
        self.folder = folder.absolute()
        self.options = tuple(_checked(options))
        self._workers = workers

    @property
    def workers(self) -> int:
        """Jobs at a time, at most."""
        return self._workers or sys.maxsize

    @property
    def waits(self) -> bool:
        """It does not: the queue may take days."""
        return False

    @property
    def elsewhere(self) -> bool:
        """They are done by the cluster."""
        return True

    @property
    def threads(self) -> int | None:
        """The cluster's affair."""
        return None

    def run(self, jobs: Sequence[Job]) -> list[Failure]:
        """Writes the files and submits them.

        Raises:
            SettingsError: If ``sbatch`` refuses them; the message has what it said.
        """
        self._write("array.sbatch", self._array(jobs))
        self._write("publish.sbatch", self._publish())
        array, publish = self.folder / "array.sbatch", self.folder / "publish.sbatch"
        if shutil.which("sbatch") is None:
            print("sbatch was not found here; on a machine of the cluster, submit with")
            print(f"  array=$(sbatch --parsable {shlex.quote(str(array))})")
            print(f"  sbatch --dependency=afterany:$array {shlex.quote(str(publish))}", flush=True)
            return []
        number = _submit(str(array))
        print(f"submitted {len(jobs)} trainings and their tests as array {number}", flush=True)
        number = _submit(f"--dependency=afterany:{number}", str(publish))
        print(f"submitted the report as job {number}; 'squeue --me' shows how far they are")
        return []

    def _array(self, jobs: Sequence[Job]) -> str:
        return _ARRAY.format(
            name=self.name,
            here=shlex.quote(str(Path.cwd())),
            last=len(jobs) - 1,
            at_a_time="" if self._workers is None else f"%{self._workers}",
            said=shlex.quote(str(self.folder / "%A_%a.out")),
            own=self._own(self.options),
            jobs="\n".join(f"  {shlex.quote(job.name)}" for job in jobs),
            alone=_ALONE,
            python=shlex.quote(sys.executable),
            words=shlex.join(self.words),
            busy=BUSY,
        )

    def _publish(self) -> str:
        # The report needs no GPU, but whom to charge, and where.
        own = [option for option in self.options if _name(option) in _ALSO_FOR_THE_REPORT]
        return _PUBLISH.format(
            name=self.name,
            here=shlex.quote(str(Path.cwd())),
            said=shlex.quote(str(self.folder / "%j.out")),
            own=self._own(own),
            alone=_ALONE,
            python=shlex.quote(sys.executable),
            words=shlex.join(self.words),
        )

    def _own(self, options: Sequence[str]) -> str:
        return "".join(f"#SBATCH {option}\n" for option in options)

    def _write(self, name: str, text: str) -> None:
        with complete_file(self.folder / name) as unfinished:
            unfinished.write_text(text, encoding="utf-8")


_SETTLED = {"--array": "-a", "--job-name": "-J", "--chdir": "-D", "--output": "-o"}
_SETTLED |= {"--dependency": "-d", "--wrap": "--wrap"}
_ALSO_FOR_THE_REPORT = {"--account", "-A", "--partition", "-p", "--qos", "-q", "--time", "-t"}
_ALSO_FOR_THE_REPORT |= {"--export", "--reservation", "--clusters", "-M", "--mail-type"}
_ALSO_FOR_THE_REPORT |= {"--mail-user", "--mem", "--mem-per-cpu", "--nice"}


def _checked(options: Sequence[str]) -> list[str]:
    """Options, each with its value in one word.

    >>> _checked(["-p", "gpu", "--gres=gpu:1", "--exclusive"])
    ['-p gpu', '--gres=gpu:1', '--exclusive']
    """
    found: list[str] = []
    for word in options:
        if word.startswith("-"):
            found.append(word)
        elif found and "=" not in found[-1] and " " not in found[-1]:
            found[-1] += f" {word}"
        else:
            raise SettingsError(
                f"--slurm: {word!r} is no option of sbatch; expected options such as "
                "'--partition=gpu --gres=gpu:1 --time=4:00:00'"
            )
    for option in found:
        if _name(option) in {*_SETTLED, *_SETTLED.values()}:
            raise SettingsError(f"--slurm: {option!r} is settled by this command; leave it out")
    return found


def _name(option: str) -> str:
    return option.replace("=", " ").split()[0]


def _submit(*words: str) -> str:
    """Hands a script to SLURM and returns the job's number."""
    done = subprocess.run(
        ["sbatch", "--parsable", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise SettingsError(f"sbatch refused {words[-1]}: {said}")
    return done.stdout.strip().split(";")[0]
