#!/bin/sh
# Keep in step with what stands in /articles, if anything does, and serve it. Without articles, what the
# volume has is served; a new one gets the shipped articles.
set -eu
if [ -n "$(ls -A /articles 2>/dev/null || true)" ]; then
    pincite index /articles --replace
elif ! pincite articles >/dev/null 2>&1; then
    pincite index
fi
exec pincite serve "$@"
