"""The judgement: a timeline and the playbook in, an annotation out. Pure, without a clock."""

from crm_ext.annotate.annotate import annotate

__all__ = ["annotate"]
