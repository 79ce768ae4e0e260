"""From a record to a batch."""
