"""Read documents of any kind: one small file a format, one table of them in `reading.py`."""
