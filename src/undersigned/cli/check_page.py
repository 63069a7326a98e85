"""`undersigned check-page`: the checking page, from this machine."""

from typing import Annotated

import typer


def check_page(
    place: Annotated[
        str | None, typer.Argument(metavar="[URL]", help="Address to check; the page asks where none is named.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any that is free.")] = 8765,
) -> None:
    """Serve the page that checks a count to this machine alone, until Ctrl-C: no other server can alter its script."""
    from undersigned.auditor.page import listen, packed_page
    from undersigned.auditor.source import open_source
    from undersigned.errors import Malformed

    if place is not None:
        if not place.startswith(("http://", "https://")):
            raise Malformed("bad-address", "Name an address, or nothing: a folder is chosen on the page.")
        open_source(place).close()
    with listen(packed_page(), port) as server:
        typer.echo(f"Open {server.address}{'' if place is None else f'#{place}'}")
        typer.echo("Ctrl-C ends it.")
        server.serve_forever()
