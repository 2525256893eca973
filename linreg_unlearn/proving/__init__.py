"""The search for proofs. Nothing here is trusted: what it finds, ``algebra.checker`` checks."""
