"""The playbook that counts: which version judges, and which one judged."""

from __future__ import annotations

from crm_ext.playbook import Playbook, load


def active() -> Playbook:
    """The playbook that new judgements are made with."""
    return load()
