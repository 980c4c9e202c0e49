"""Everything before a question arrives: article -> paragraphs -> passages -> vectors and terms."""
