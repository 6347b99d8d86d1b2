"""Files of packages that are heavy to import as a whole: of its package, a file brings along what it imports itself."""

import importlib
import importlib.util
import sys
import types


def module(name):
    """The module `name` of an installed package. The `__init__.py` of the packages above it are not run: they import all that
    is beside it, and with it the dependencies that requirements-alone.txt leaves out."""
    parts = name.split(".")
    for count in range(1, len(parts)):
        above = ".".join(parts[:count])
        if above not in sys.modules:
            found = importlib.util.find_spec(above)
            if found is None:
                raise ModuleNotFoundError(f"No module named {above!r}", name=above)
            package = types.ModuleType(above)
            package.__path__ = list(found.submodule_search_locations)
            sys.modules[above] = package
    return importlib.import_module(name)
