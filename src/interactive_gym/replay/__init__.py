"""The replay viewer: recorded episodes played again in the researcher's browser."""
