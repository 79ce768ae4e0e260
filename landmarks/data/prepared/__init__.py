"""Windows of photos, kept without loss so that training need not decode whole photos again."""

from landmarks.data.prepared.photo import PreparedPhoto, PreparedWindows

__all__ = ["PreparedPhoto", "PreparedWindows"]
