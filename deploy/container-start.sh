#!/bin/sh
# Index what stands in /articles, if anything does (else the shipped articles), and serve it.
set -eu
if [ -n "$(ls -A /articles 2>/dev/null || true)" ]; then
    pincite index /articles
else
    pincite index
fi
exec pincite serve "$@"
