"""Typed addresses."""

import pytest

from adapters.meta.whatsapp import ADAPTER
from inbox.contract import BadAddress


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("+49 151 12345678", "+4915112345678"),
        (" +1 (555) 078-3881 ", "+15550783881"),
        ("+5215512345678", "+5215512345678"),
        ("US.13491208655302741918", "US.13491208655302741918"),
        ("US.ENT.11815799212886844830", "US.ENT.11815799212886844830"),
    ],
)
def test_a_number_is_its_digits_and_an_id_itself(typed: str, address: str) -> None:
    party = ADAPTER.normalise(typed)
    assert (party.namespace, party.account, party.address) == ("whatsapp", "", address)
    assert ADAPTER.normalise(party.address).address == address


@pytest.mark.parametrize("typed", ["0151 12345678", "anna", "us.1", "@anna", "", "+49", "US." + "1" * 129])
def test_other_words_are_no_address(typed: str) -> None:
    with pytest.raises(BadAddress):
        ADAPTER.normalise(typed)
