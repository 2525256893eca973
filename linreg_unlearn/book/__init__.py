"""The theorem book: every claim as a page that can be read, cited and copied, without a network.

``content`` gathers what is known of each claim, ``words`` and ``pages`` turn it into HTML,
``graph`` draws which proof cites which, ``site`` writes the files, and ``document`` writes the same
content as one LaTeX document. Statements and proofs come from the registry and the certificates, so
the book says what is checked and nothing else.
"""
