"""Opening hours of the shop. Their text form belongs to the contract, because channels' settings hold it."""

from inbox.contract.hours import BadHours, Hours

__all__ = ["BadHours", "Hours"]
