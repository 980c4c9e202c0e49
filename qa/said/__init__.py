"""What an answer says: its kind, and whether two answers say the same."""
