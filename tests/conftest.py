"""For all tests: property tests do not fail because a machine is busy."""

from hypothesis import settings

settings.register_profile("undersigned", deadline=None, print_blob=True)
settings.load_profile("undersigned")
