"""Train the reader; see README.md."""
