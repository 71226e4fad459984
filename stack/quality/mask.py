"""What of the data itself is shown as evidence: the shape of a value, where the value is or seems personal."""

from __future__ import annotations

import datetime
import decimal
import math
import re
from typing import Any

SHOWN = 24
PERSONAL = re.compile(
    r"""[^@\s]+@[^@\s]+\.[a-z]{2,}                 # an address of mail
      | \+?\d[\d\s().-]{8,}\d                      # a telephone number or a card
      | [A-Z]{2}\d{2}[A-Z0-9]{11,30}               # an IBAN
    """,
    re.VERBOSE | re.IGNORECASE,
)


def mask(text: str) -> str:
    """The shape of a text without its content: letters become `x`, digits `9`, at most 24 characters."""
    shape = "".join("x" if c.isalpha() else "9" if c.isnumeric() else c for c in text[:SHOWN])
    return shape + ("…" if len(text) > SHOWN else "")


def shown(value: Any, personal: bool) -> Any:
    """A value of the data as JSON, masked where it is or seems personal."""
    value = plain(value)
    if value is None or isinstance(value, bool):
        return value
    if personal or (isinstance(value, str) and PERSONAL.fullmatch(value)):
        return mask(str(value))
    return value


def plain(value: Any) -> Any:
    """A value of pandas, NumPy or Python as JSON has it."""
    if hasattr(value, "item"):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return None if str(value) == "NaT" else value.isoformat()
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    return None if str(value) in ("<NA>", "NaT") else str(value)
