"""Real processes, really killed: `bench/crash.py` in its quick form, at least thirty kills."""

import json
import subprocess
import sys

from support.paths import ROOT


def test_nothing_acknowledged_is_lost_or_doubled_over_thirty_kills() -> None:
    command = [sys.executable, str(ROOT / "bench" / "crash.py"), "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.stderr == ""
    got = json.loads(done.stdout)
    figures = {name: figure["value"] for name, figure in got["figures"].items()}
    assert got["ok"], figures
    assert done.returncode == 0
    assert figures["kills"] >= 30
    assert figures["acts acknowledged"] > 100
    assert figures["acknowledged acts lost"] == figures["acts doubled"] == 0
