"""Knows where: documents, their records and their events, kept so that they can be checked without us.

A library that imports nothing else of Sohoa and stands alone on the disk: `FORMAT.md` says what lies there.
What it needs from elsewhere (a clock, a validator of PDF) is handed to it as functions.

* ``errors``    (pure) what is refused, by code
* ``record``    (pure) what is known of a document, and its bytes as JSON
* ``naming``    (pure) codes, shelves and file names
* ``event``     (pure) what happened, and the leaf that binds it
* ``log``       (pure) the Merkle tree of RFC 6962 and its proofs
* ``leaves``    the leaves as the catalogue keeps them
* ``checkpoint`` (pure) the head of the log as text that is signed; ``heads`` publishes it in ``_log/``
* ``durable``   bytes that are still there after the power went
* ``tables``    the tables, made and brought up; ``catalogue`` one writer, events and leaves in one transaction
* ``dossiers``  declared files (hồ sơ)
* ``codes``     a code for every key, once
* ``filing``    one document onto its shelf, and what is learned about it later
* ``removal``   documents removed by order; ``holds`` what may not be
* ``words``     (pure) words as people type them; ``hits`` (pure) where they stand in a text
* ``query``     (pure) what an auditor asks, as SQL; ``facets`` (pure) as words of the index; ``finding`` answers it
* ``index``     the text of documents and its index, changed together with their rows; ``search`` what has an index of its own
* ``asking``    all questions, to the archive or to a ``reader`` of its snapshot
* ``store``     ``Archive``: all of that in one place, what the application calls
* ``shelves``   the dated folders on the disk, and what an interrupted filing left there
* ``bag``       a past day sealed as a BagIt bag
* ``verify``    every byte and every row checked, written apart from the writer; with ``verify_log`` and
  ``verify_bag``
"""
