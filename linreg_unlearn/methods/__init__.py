"""Unlearning methods, one file per family.

Every module of this package is imported here, so a method exists as soon as its file does: write a
function ``f(problem, **options) -> Solution``, decorate it with
:func:`linreg_unlearn.methods.registry.register`, and it is listed, compared and tested.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
