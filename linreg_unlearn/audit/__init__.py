"""What is done to a claim: draw instances, check them exactly and in floats, search, report."""
