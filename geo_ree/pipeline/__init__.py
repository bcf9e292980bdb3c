"""Where the stages meet: from sources to layers, measures, scores and files."""
