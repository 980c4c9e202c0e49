"""Follow-ups: a question written out with what the conversation was about, by rule."""
