"""Bursts (rule R11): when many join by one sheet, domain or voucher at once, tables wait until that is looked into."""

from collections.abc import Mapping
from typing import Final

#: Fewer new members than this are no burst: a first sheet that is handed out in one meeting is one.
LEAST: Final = 10


def is_burst(new: Mapping[str, int]) -> bool:
    """Tell whether more than half of a period's new members came by one source; `new` counts them by source."""
    total = sum(new.values())
    return total >= LEAST and 2 * max(new.values(), default=0) > total
