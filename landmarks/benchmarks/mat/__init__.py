"""MATLAB files, taken for untrusted: plain arrays and texts are read, and nothing else."""
