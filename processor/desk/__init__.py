"""The clerk's desk (`sohoa desk`): what was filed `partial` is described, what is held is sent on its way or refused.

Promises: what a clerk typed is an event of the archive, or a request in the journal, before the next document is shown; two
clerks at once lose nothing: who comes second sees both values and chooses. Sealed bytes are never touched.
Refuses: whoever has no session of this desk, or was sent by another site's page; to parse what was scanned (workers do).
"""
