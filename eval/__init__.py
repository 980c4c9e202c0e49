"""How we know: questions with gold evidence -> ask -> score -> report."""
