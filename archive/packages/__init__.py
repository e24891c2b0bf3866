"""Archival packages (AIP, SIP) of TT 05/2025: E-ARK CSIP with METS, PREMIS and the circular's own descriptive elements."""
