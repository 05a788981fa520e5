"""Text to signals."""

from crm_ext.reading.reader import Reader, Text, load

__all__ = ["Reader", "Text", "load"]
