"""Jobs without a comparison."""

from landmarks.analysis.launchers import Job


def jobs(folder, *names, work=lambda name: None):
    """Jobs whose only argument is their name, with locks below a folder."""
    return [
        Job(name, (name,), folder / name / ".lock", lambda name=name: work(name)) for name in names
    ]
