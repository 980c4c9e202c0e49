"""Everything after a question arrives: retrieve -> read -> rank -> cite -> answer."""
