"""What moved the account without a trade, in the journal's words."""

from __future__ import annotations

KINDS = {
    "CSD": "deposit",
    "CSR": "deposit",
    "CSW": "withdrawal",
    "INT": "interest",
    "FEE": "fee",
    "CFEE": "fee",
    "PTC": "fee",
    "OPASN": "assignment",
    "OPEXC": "exercise",
    "OPEXP": "expiry",
    "JNL": "transfer",
    "JNLS": "transfer",
    "ACATC": "transfer",
    "ACATS": "transfer",
    "TRANS": "transfer",
}
BOTH_WAYS = ("JNLC", "CSW", "CSD", "CSR")  # cash whose sign says which way it went
EXTERNAL = ("deposit", "withdrawal", "transfer")


def kind_of(code: str, amount: float | None) -> str:
    """The kind of one of Alpaca's activity codes; what nobody knows is ``other``."""
    if code in BOTH_WAYS and amount:
        return "deposit" if amount > 0 else "withdrawal"
    return KINDS.get(code) or ("dividend" if code.startswith("DIV") else "other")
