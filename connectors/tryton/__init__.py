"""Tryton: parties, opportunities and notes over JSON-RPC; our categories and one note of ours go back."""

from connectors.tryton.connector import Tryton

__all__ = ["Tryton"]
