"""The one error a user can cause."""


class InputError(ValueError):
    """Something a user passed in cannot be used.

    The message is one sentence that names the argument, says what is wrong with it and what to do.
    The command line prints it without a traceback and exits with status 2.
    """
