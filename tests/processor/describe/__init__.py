"""Tests of the describe room; `written` sets words on a page as a recogniser would report them."""
