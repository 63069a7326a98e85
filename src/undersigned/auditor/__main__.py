"""`python -m undersigned.auditor URL|DIR`: a plain audit, where the command `undersigned` is not installed.

It needs this package, `protocol`, `tlog`, `bbs`, `values` and `errors`, and the libraries cryptography, httpx, pyblst
and rfc8785. Exits with 0 where everything holds, 1 where something does not, 2 for a mistake.
"""

import os
import sys

from undersigned.auditor.audit import Options, audit
from undersigned.auditor.source import open_source
from undersigned.errors import UndersignedError


def main(arguments: list[str]) -> int:
    """Audit the one place that is named, print the report and return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("Name one place to audit: an address, or a folder that an instance published.\n")
        return 2
    try:
        source = open_source(arguments[0])
        try:
            report = audit(source, Options(workers=os.cpu_count() or 1))
        finally:
            source.close()
    except UndersignedError as error:
        sys.stderr.write(f"{error.words}\n")
        return 2
    sys.stdout.writelines(f"{line}\n" for line in report.lines())
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
