"""Knows when: what has arrived in the drop folders, whether it is complete, and what the clock asks for.

A library that imports nothing else of Sohoa and reads no settings: folders, times and functions are handed
to it.

* ``settle``   (pure) a file is complete once it has been seen unchanged for long enough
* ``folders``  look at a drop folder; which folders must be polled
* ``claims``   take a file out without losing a byte, clear its source afterwards
* ``wake``     events of the file system, as hints to look sooner; looking again is the truth
* ``schedule`` the timer, and (pure) which nightly runs are still to be done
* ``lock``     one running instance per station
"""
