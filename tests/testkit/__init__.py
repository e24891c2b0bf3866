"""A test kit that makes Vietnamese administrative scans: letters, pages, ageing and scanner files, the same
by seed.

Content is `letters`, layout `layout`, ink on paper `typeset` and `ink`, wear `age`, files `scans`; `python
-m tests.testkit` writes a folder of samples with their truth. Refuses: any text, seal or name of a real
agency or person.
"""
