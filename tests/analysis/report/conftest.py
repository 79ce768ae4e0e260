"""One page and one browser for the tests of the report."""

import pytest

from landmarks.analysis.report.page import write_page
from tests.analysis.report.made_up_page import METHODS, made_up_page
from tests.browser import launched_browser


@pytest.fixture(scope="session")
def report():
    return made_up_page(
        methods=(*METHODS[:3], METHODS[-1]),
        axes={"heatmap_size": ["16", "32"]},
        seeds=(0, 1),
        count=20,
        foreign=True,
        missing=True,
    )


@pytest.fixture(scope="session")
def report_file(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_page(report, path)
    return path


@pytest.fixture(scope="session")
def browser():
    with launched_browser() as browser:
        yield browser
