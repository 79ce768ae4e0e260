"""Whether a benchmark's files are whole: one file a kind of check, and the page that shows all."""
