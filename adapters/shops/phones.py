"""Telephone numbers as shops keep them: however somebody typed them."""

from inbox.contract import BadAddress
from inbox.contract.addresses import phone


def notations(number: str, region: str) -> tuple[str, ...]:
    """The ways in which people write an E.164 `number`, for shops that can look for equal texts only.

    Those without a country code are among them if it is one of `region`, the shop's country (ISO 3166) or "".
    """
    import phonenumbers
    from phonenumbers import PhoneNumberFormat

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return (number,)
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    ways = [number, international, number[1:], f"00{number[1:]}"]
    if region and parsed.country_code == phonenumbers.country_code_for_region(region):
        national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
        ways += [national, national.replace(" ", "")]
    ways += [way.replace(" ", mark) for way in ways for mark in ("", "-", "/") if " " in way]
    return tuple(dict.fromkeys(ways))


def same(kept: str, number: str, region: str) -> bool:
    """Whether what a shop keeps is the E.164 `number`, read as in the shop's country."""
    return normal(kept, region) == number


def normal(kept: str, region: str) -> str:
    """The E.164 form of what a shop keeps, or "" if it is no number."""
    try:
        return phone(kept, region)
    except BadAddress:
        return ""
