import pytest

from undersigned.errors import Malformed
from undersigned.issuer.taxonomy import parse, taxonomy

ONE = '[[family]]\nsector = "retail"\ncode = "shop-floor"\nlabel = "shop workers"\n'


def test_the_list_covers_several_sectors_and_stays_short() -> None:
    listed = taxonomy()
    sectors = {family.sector for family in listed.families}
    assert listed.version == "t2026-1"
    assert {"technology", "logistics", "retail", "media", "health", "public-service", "education"} <= sectors
    assert 20 <= len(listed.families) <= 60


def test_labels_read_well_in_a_sentence() -> None:
    for family in taxonomy().families:
        assert f"at least 40 {family.label}" == f"at least 40 {family.label}".strip()
        assert family.label[0].islower(), family.label


def test_undeclared_is_always_allowed_and_nothing_else_is_made_up() -> None:
    taxonomy().check("undeclared")
    taxonomy().check("software-engineer")
    for unknown in ("chief", "software-engineers", ""):
        with pytest.raises(Malformed):
            taxonomy().check(unknown)


@pytest.mark.parametrize(
    "data",
    [
        f'version = "t1"\n{ONE}{ONE}',
        f'version = "t1"\n{ONE.replace("shop-floor", "undeclared")}',
        f'version = "T 1"\n{ONE}',
        f'version = "t1"\nother = 1\n{ONE}',
        f'version = "t1"\n{ONE}size = 3\n',
        ONE,
    ],
)
def test_a_list_with_a_mistake_is_refused(data: str) -> None:
    with pytest.raises(Malformed):
        parse(data)
    parse(f'version = "t1"\n{ONE}')
