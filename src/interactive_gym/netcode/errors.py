"""What can go wrong in a session, by whose fault it is.

NetcodeError
├── HostError    the caller did not do what a request or the order of calls asks for
├── WireError    bytes from another peer that are no message of ours; nothing of them was applied
└── LinkError    a peer sends what no correct peer can send at this point
"""


class NetcodeError(Exception):
    """Base of all."""


class HostError(NetcodeError):
    """The program around the session broke the rules of its interface."""


class WireError(NetcodeError):
    """Bytes that are no message, or one that contradicts itself."""


class LinkError(NetcodeError):
    """A well-formed message that no correct peer sends now."""
