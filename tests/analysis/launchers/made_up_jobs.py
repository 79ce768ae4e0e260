"""Jobs without a comparison."""

from landmarks.analysis.launchers import Job


def jobs(folder, *names):
    """Jobs whose only argument is their name, with locks below a folder."""
    return [Job(name, (name,), folder / name / ".lock") for name in names]
