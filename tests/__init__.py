"""Tests of Sohoa; they mirror its folders. `tests.testkit` makes the pages, scanners and faults they use."""
