"""How properties are tried: a busy machine is no failure."""

from hypothesis import settings

settings.register_profile("cohelm", deadline=None)
settings.load_profile("cohelm")
