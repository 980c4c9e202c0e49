"""Pincite beside other extractive question answering, in one run: `python -m eval.peers`."""
