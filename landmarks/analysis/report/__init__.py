"""The report of a comparison: one HTML file that needs nothing else to be read."""

from landmarks.analysis.report.content import Proof, TrainingReport
from landmarks.analysis.report.former import Report, SplitReport, write_report

__all__ = ["Proof", "Report", "SplitReport", "TrainingReport", "write_report"]
