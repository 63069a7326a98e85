"""Where things lie, for tests."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def shared_vectors(name: str) -> Path:
    """Folder of vectors made by others; skips the test with a plain message where it is absent."""
    folder = SHARED / "vectors" / name
    if not folder.is_dir():
        pytest.skip(f"vectors made by others are absent: put them at ../shared/vectors/{name}")
    return folder
