"""Past one machine, on Ray: indexing by Ray Data, answering by Ray Serve. See docs/scale.md."""
