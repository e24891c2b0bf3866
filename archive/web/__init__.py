"""The auditors' page (`sohoa serve`): what lies in the archive, looked at in a browser by people who must not change it.

Promises: it works on a copy of the catalogue that holds only what a role may see and that nothing can write to; there is no
route that writes; who looked at which document is kept. Whatever a text or a name says is shown and never done.
Refuses to parse what was scanned: pictures and verdicts are made by functions it is handed.
"""
