"""Odoo: contacts, companies, leads, orders, messages, meetings and tickets; fields of ours, or tags, go back."""

from connectors.odoo.connector import Odoo

__all__ = ["Odoo"]
