"""A folder of CSV or XLSX files, as any CRM exports them."""

from connectors.folder.connector import Folder

__all__ = ["Folder"]
