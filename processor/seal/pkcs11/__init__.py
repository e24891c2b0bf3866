"""Keys on tokens and HSMs: the one room that knows python-pkcs11. No private key leaves its token."""

from processor.seal.pkcs11.library import Module, PinState, Seen, leave, look, module
from processor.seal.pkcs11.objects import sealer
from processor.seal.pkcs11.session import Token

__all__ = ["Module", "PinState", "Seen", "Token", "leave", "look", "module", "sealer"]
