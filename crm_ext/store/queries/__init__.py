"""What pages read: short questions, answered from indexes."""
