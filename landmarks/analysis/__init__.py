"""Oracle, comparison, statistics, plots and report."""
