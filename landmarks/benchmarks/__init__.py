"""One file a benchmark: its facts, its reader, its DataModule."""
