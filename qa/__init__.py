"""Everything after a question arrives: retrieve -> read -> weigh -> group -> cite -> answer."""
