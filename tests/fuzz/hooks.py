"""What schemathesis needs to know of Guichet's schema: values of its scalars, and what no answer may be."""

import os
from pathlib import Path

import schemathesis
from hypothesis import strategies
from hypothesis_graphql import nodes

# Ids that are there, one a line: made-up ones alone would be refused before anything is done.
IDS = Path(os.environ["IDS"]).read_text().split()
# Codes that answer a fault of the server's own; docs/api.md has them all.
FAULTS = {"INTERNAL", "UNAVAILABLE", "TIMEOUT"}


def one_of(*values):
    return strategies.sampled_from(values).map(nodes.String)


SCALARS = {
    "Date": one_of("2026-11-30", "2024-02-29", "0001-01-01", "9999-12-31", "2026-13-01", ""),
    "DateTime": one_of("2026-11-30T10:00:00Z", "2026-03-29T02:30:00+01:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""),
    "Duration": one_of("PT1H", "P1D", "PT0S", "-PT1H", "P99999999D", "1h"),
    "ID": strategies.one_of(strategies.sampled_from(IDS), strategies.text(max_size=20)).map(nodes.String),
    "JSON": strategies.one_of(one_of("vpn", ""), strategies.integers(-5, 2**40).map(nodes.Int), strategies.just(nodes.Null)),
    "LocalTime": one_of("00:00", "09:00", "17:30", "24:00", "25:99", ""),
}
for name, values in SCALARS.items():
    schemathesis.graphql.scalar(name, values)


@schemathesis.check
def no_fault(_context, response, _case):
    """No status of 500 or more, and no error that says the same in the answer."""
    assert response.status_code < 500, f"status {response.status_code}"
    answer = response.json()
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors") or []}
    assert not codes & FAULTS, f"{codes & FAULTS}"
