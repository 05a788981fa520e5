"""The contract test kit: every connector passes it, those of other packages too (needs pytest: `crm-ext[dev]`)."""

from crm_ext.connector_api.testing.case import TAGS, Case, Check, Untold, valued
from crm_ext.connector_api.testing.faults import FAULTS, Exchange, Fault, Faults
from crm_ext.connector_api.testing.network_checks import NETWORK_CHECKS
from crm_ext.connector_api.testing.pull_checks import PULL_CHECKS
from crm_ext.connector_api.testing.pulling import Pull, differences, pull
from crm_ext.connector_api.testing.push_checks import PUSH_CHECKS
from crm_ext.connector_api.testing.serving import forward, served, server
from crm_ext.connector_api.testing.shape_checks import SHAPE_CHECKS
from crm_ext.connector_api.testing.suite import CHECKS, ContractChecks, ContractSuite

__all__ = [
    "CHECKS",
    "FAULTS",
    "NETWORK_CHECKS",
    "PULL_CHECKS",
    "PUSH_CHECKS",
    "SHAPE_CHECKS",
    "TAGS",
    "Case",
    "Check",
    "ContractChecks",
    "ContractSuite",
    "Exchange",
    "Fault",
    "Faults",
    "Pull",
    "Untold",
    "differences",
    "forward",
    "pull",
    "served",
    "server",
    "valued",
]
