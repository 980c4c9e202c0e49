"""Pincite beside other extractive question answering: `python -m pincite.eval.peers`."""
