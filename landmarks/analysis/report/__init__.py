"""The report of a comparison: one HTML file that needs nothing else to be read.

`Report` is what it says, as plain data; `write_page` writes the page.
"""

from landmarks.analysis.report.content import (
    ConditionReport,
    Exhibit,
    ForeignMethod,
    MissingRun,
    Plot,
    Proof,
    Report,
    SplitReport,
    TrainingReport,
)
from landmarks.analysis.report.page import write_page
from landmarks.analysis.report.table import Column, Table

__all__ = [
    "Column",
    "ConditionReport",
    "Exhibit",
    "ForeignMethod",
    "MissingRun",
    "Plot",
    "Proof",
    "Report",
    "SplitReport",
    "Table",
    "TrainingReport",
    "write_page",
]
