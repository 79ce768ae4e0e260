"""Oracle, comparison, statistics, figures and report."""
