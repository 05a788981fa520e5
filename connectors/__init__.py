"""One module per CRM. Each holds exactly one `Connector`, whose slug is the module's name."""
