"""A made-up CRM export in English and Chinese: people, firms and what happened with them, the same for a seed."""
