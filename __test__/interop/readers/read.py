"""Reads a CSV file with Python's csv or with pandas; prints its rows as JSON, one a line."""

import csv
import gzip
import io
import json
import sys


def opened(style, file):
    if style["compress"] == "gzip":
        return gzip.open(file, "rb")
    if style["compress"] == "zstd":
        import zstandard

        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(open(file, "rb")))
    return open(file, "rb")


def encoding(style):
    # As one opens a file that may have a byte order mark.
    if style["encoding"] == "utf8":
        return "utf-8-sig" if style["bom"] else "utf-8"
    if style["encoding"] == "utf16le":
        return "utf-16" if style["bom"] else "utf-16-le"
    return "latin-1"


def quoting(style):
    same = style["escape"] == style["quote"]
    return {
        "delimiter": style["delimiter"],
        "quotechar": style["quote"],
        "doublequote": same,
        "escapechar": None if same else style["escape"],
        "quoting": csv.QUOTE_NONE if style["quoting"] == "none" else csv.QUOTE_MINIMAL,
    }


def write(row):
    sys.stdout.write(json.dumps(row) + "\n")


def read_csv(style, file):
    csv.field_size_limit(1 << 30)
    with opened(style, file) as raw, io.TextIOWrapper(raw, encoding=encoding(style), newline="") as text:
        # strict: a quote that is out of place is an error.
        for row in csv.reader(text, strict=True, **quoting(style)):
            write(row)


def pandas_options(style):
    # Its parser in C takes one byte for a delimiter; the other has all of them.
    engine = "c" if len(style["delimiter"].encode()) == 1 else "python"
    return {
        "engine": engine,
        "sep": style["delimiter"],
        "encoding": encoding(style),
        "compression": None if style["compress"] == "none" else style["compress"],
        "keep_default_na": False,
        **{name: value for name, value in quoting(style).items() if name != "delimiter"},
    }


def read_pandas(style, file):
    import pandas

    options = pandas_options(style)
    if options["engine"] == "python":
        csv.field_size_limit(1 << 30)
    # A row that is one cell of spaces is not blank.
    frame = pandas.read_csv(file, header=None, dtype=str, skip_blank_lines=False, **options)
    for row in frame.itertuples(index=False, name=None):
        write(list(row))


def read_typed(style, file, columns):
    """The columns that have a type; numbers with all their bits."""
    import struct

    import pandas

    # Nullable, so that integers stay integers beside cells without one.
    types = {"number": "float64", "integer": "Int64", "boolean": "boolean"}
    names = [name for name in columns if name in ("n", *types)]
    frame = pandas.read_csv(
        file,
        **pandas_options(style),
        header=0,
        names=columns,
        usecols=names,
        dtype={"n": "int64", **types},
        na_values={"integer": [""], "boolean": [""], "number": ["NaN"]},
        float_precision="round_trip",
    )[names]

    def cell(value):
        if pandas.isna(value):
            return None
        return struct.pack(">d", value).hex() if isinstance(value, float) else str(value)

    for row in frame.itertuples(index=False, name=None):
        write([cell(value) for value in row])


def main():
    command, style, file, *columns = sys.argv[1:]
    sys.stdout.reconfigure(encoding="ascii")
    style = json.loads(style)
    if command == "csv":
        read_csv(style, file)
    elif command == "pandas":
        read_pandas(style, file)
    else:
        read_typed(style, file, columns)


main()
