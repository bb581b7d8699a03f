"""The kinds of files beside CSV, Parquet and JSON lines: each is a function that opens a `Source` as `RawRows`."""
