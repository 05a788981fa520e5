"""The sales method as versioned data: stages, markers, signals, tactics, alerts, words in two languages."""

from crm_ext.playbook.files import BadPlaybook
from crm_ext.playbook.items import Playbook
from crm_ext.playbook.load import build, load

__all__ = ["BadPlaybook", "Playbook", "build", "load"]
