"""Settings for the type checker's Django plugin alone; no instance is read."""

from pathlib import Path

from undersigned.config import Config
from undersigned.settings import build

globals().update(build(Config(Path("unused"), name="a.example", url="https://a.example", issuer="a.example")))
