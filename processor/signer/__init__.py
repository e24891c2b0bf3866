"""`sohoa-signer`: the clerk's side of a seal, on the PC where the token is (docs/signer.md).

Promises: stands alone: the standard library, python-pkcs11 and asn1crypto, on Windows as on Linux; imports nothing else of Sohoa.
"""

from __future__ import annotations


def main() -> int:
    """Entry point of the console script; returns the exit code."""
    from processor.signer.command import run  # only now: a missing library is told in the clerk's words

    return run()
