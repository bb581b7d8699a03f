"""Rows of a file that somebody else sent, read in a process of its own with limits on memory, time and size.

A small spreadsheet, Parquet file, JSON document or packed file may stand for more rows and letters than there is
memory, and the libraries that read them have no limit of their own. The process ends with its error; the one that
called it goes on. Where the operating system limits no memory (macOS, Windows), time and size are limited alone.

`reading` is what others import; `process` is what it starts, and imports no more than it needs.
"""
