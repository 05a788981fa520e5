"""`python -m crm_ext …` is `crm-ext …`."""

from crm_ext.cli import main

main()
