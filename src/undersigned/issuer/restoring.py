"""What a backup keeps of an issuer: numbers and ways of joining, and nobody. All its quarters are over afterwards.

An older table of who joined would admit those a second time who came since. So none is kept, and nobody joins for a
quarter that was begun.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from undersigned.errors import Malformed
from undersigned.issuer.models import Epoch, Joining
from undersigned.values import canonical, domain, epoch, fields, integer

if TYPE_CHECKING:
    from undersigned.issuer.service import Issuer

_DB: Final = "issuer"


def kept(issuer: "Issuer") -> dict[str, Any]:
    """Return quarters with their numbers, rounded up to the next ten, and ways of joining, as JSON values."""
    numbers = {(each.organisation, each.epoch): each.at_most for each in issuer.issued()}
    return {
        "quarters": [
            [row.organisation, row.quarter, row.methods, numbers[row.organisation, row.quarter]]
            for row in Epoch.objects.using(_DB).order_by("organisation", "quarter")
        ],
        "ways": [
            [row.organisation, row.method, json.loads(row.settings)]
            for row in Joining.objects.using(_DB).order_by("organisation", "method")
        ],
    }


def bring_back(beside: Mapping[str, Any], figures: Mapping[tuple[str, str], int]) -> None:
    """Write quarters as closed, each with the larger number of the backup's and the log's; and ways.

    `figures` are what the log says by organisation and quarter. Raises: `Malformed`.
    """
    got = fields(dict(beside), ("quarters", "ways"), "What a backup keeps of an issuer")
    try:
        with transaction.atomic(using=_DB):
            for organisation, quarter, methods, number in got["quarters"]:
                said = figures.get((organisation, quarter), 0)
                Epoch(
                    organisation=domain(organisation),
                    quarter=epoch(quarter),
                    methods=methods,
                    is_open=False,
                    members=max(integer(number, most=10**9, what="The number of members"), said),
                ).save(using=_DB, force_insert=True)
            for organisation, method, settings in got["ways"]:
                Joining(organisation=domain(organisation), method=method, settings=canonical(settings).decode()).save(
                    using=_DB, force_insert=True
                )
    except (TypeError, ValueError) as error:
        raise Malformed("no-backup", "What the backup keeps of the issuer cannot be read.") from error
