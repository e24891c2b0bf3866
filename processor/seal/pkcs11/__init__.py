"""Keys on tokens and HSMs: the one room that knows python-pkcs11. No private key leaves its token."""

from processor.seal.pkcs11.objects import sealer
from processor.seal.pkcs11.session import Module, PinState, Seen, Token, leave, look, module

__all__ = ["Module", "PinState", "Seen", "Token", "leave", "look", "module", "sealer"]
