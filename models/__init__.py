"""Models that come with the install: the reader's weights and the token vocabulary."""
