"""The command line. A mistake prints one sentence and exits with 2; a failed audit exits with 1."""

import sys
from typing import NoReturn, cast

from undersigned.errors import UndersignedError
from undersigned.values import shown


def main() -> None:
    """Run the command that the arguments name."""
    from typer import Abort, BadParameter

    from undersigned.cli.app import app
    from undersigned.storage.files import leave_no_image

    leave_no_image()
    # A wrong option is an error of the same family as a bad parameter; typer does not name that family in public.
    usage = cast("type[Exception]", BadParameter.__bases__[0])
    try:
        code = app(prog_name="undersigned", standalone_mode=False)
    except UndersignedError as error:
        _stop(error.words, 2)
    except usage as error:
        _stop(_sentence(error), 2)
    except (KeyboardInterrupt, Abort):
        _stop("Stopped.", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    sys.exit(code if isinstance(code, int) else 0)


def _sentence(error: Exception) -> str:
    """What is wrong with the arguments, and where the right ones are told."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "undersigned"
    what = str(getattr(error, "format_message", lambda: error)()).rstrip(".")
    if not what:
        return f"“{path} --help” tells what can be done."
    return f"{what if what.endswith('?') else what + '.'} “{path} --help” tells more."


def _stop(words: str, code: int) -> NoReturn:
    # Some of the words are the server's.
    sys.stderr.write(f"{shown(words)}\n")
    sys.exit(code)
