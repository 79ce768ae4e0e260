"""One file a family of codecs."""
