"""How people reach Pincite: HTTP, the chat page and the command line."""
