"""A first honest reading of a document's descriptive fields, by rules over words with boxes.

Promises: pure (no I/O, no third-party package), as fast as sorting the words, the same for any order of the
words and any Unicode form; each field comes with how sure it is, 0 to 1; a field in doubt is absent.
Refuses: to guess. A number or day written by hand into a printed frame stays absent (docs/design.md, States).

`layout` makes words into lines and zones; `vocabulary` holds the closed lists of `config/law/kinds.toml`;
`heading` reads number, notation and date, `agency` the agency, `signature` the signer, `fields.read` all.
"""
