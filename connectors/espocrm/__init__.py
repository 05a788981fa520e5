"""EspoCRM: https://docs.espocrm.com/development/api/"""

from __future__ import annotations

from connectors.espocrm.connector import EspoCRM

__all__ = ["EspoCRM"]
