"""The command line. A mistake prints one sentence and exits with 2; a failed audit exits with 1."""

import sys

from undersigned.errors import UndersignedError


def main() -> None:
    """Run the command that the arguments name."""
    from undersigned.cli.app import app

    try:
        app()
    except UndersignedError as error:
        sys.stderr.write(f"{error.words}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
