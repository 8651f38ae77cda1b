"""What is recorded, as bytes that are equal exactly when the values are equal.

``canonical`` turns any value into bytes and ``reading`` takes them back from anybody, ``rows`` says what a frame's
record is, ``chunks`` packs a second of rows for the way to the server. Standard library only; numpy values are
understood wherever numpy is installed.
"""

from interactive_gym.records.arrays import Array
from interactive_gym.records.canonical import NotCanonical, digest, encode
from interactive_gym.records.chunks import (
    Packed,
    Packer,
    Peeked,
    encode_fields,
    index_of,
    inflate,
    outline,
    pack,
    peek,
    rows_of,
    unpack,
)
from interactive_gym.records.reading import Malformed, decode
from interactive_gym.records.rows import FIELDS, PLAYED, SHARED, Row, columns, end_reason, plain

__all__ = [
    "FIELDS",
    "PLAYED",
    "SHARED",
    "Array",
    "Malformed",
    "NotCanonical",
    "Packed",
    "Packer",
    "Peeked",
    "Row",
    "columns",
    "decode",
    "digest",
    "encode",
    "encode_fields",
    "end_reason",
    "index_of",
    "inflate",
    "outline",
    "pack",
    "peek",
    "plain",
    "rows_of",
    "unpack",
]
