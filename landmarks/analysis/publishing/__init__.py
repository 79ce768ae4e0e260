"""What a comparison writes when its runs are done: tables, plots and the report."""

from landmarks.analysis.publishing.publish import publish

__all__ = ["publish"]
