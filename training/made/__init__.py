"""Reading data made of unlabelled news by rule: see `__main__.py`."""
