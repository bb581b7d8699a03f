"""ONNX files, read without any other file.

An ONNX file may say that a weight stands in another file, named by a path. That file is not in the manifest of a run,
and it may be any file of the machine. No file of ours is like that. So whatever opens an ONNX file asks here first, and
such a file is refused before ONNX or ONNX Runtime see it.

The check walks over the encoded message and looks at nothing but tags and lengths, so that a prediction need not import
`onnx`. A message is a sequence of fields; each has a tag, that is a number and a wire type, and a value.
"""

from pathlib import Path

from sentiment.errors import RunError

# By kind of message, the fields that lead to a tensor, by number, and the kind of message in each.
_PATHS: dict[str, dict[int, str]] = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto", 6: "GraphProto", 10: "TensorProto", 11: "GraphProto", 22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "TensorProto": {},
}  # fmt: skip
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of a TensorProto; a tensor that is here has none, or a zero
_NUMBER, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5  # wire types


def read_onnx(path: Path) -> bytes:
    """The content of an ONNX file.

    Raises:
        RunError: it has a tensor that stands in another file, or is no ONNX file.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    require_whole(content, str(path))
    return content


def require_whole(content: bytes, name: str = "the model") -> None:
    """Refuses an ONNX model that needs another file.

    Args:
        content: of its file.
        name: named in the message.

    Raises:
        RunError: it has a tensor that stands in another file, or is no ONNX model.
    """
    try:
        refers = _refers_to_files(memoryview(content), "ModelProto")
    except (ValueError, IndexError, RecursionError) as error:
        raise RunError(f"expected an ONNX model in {name}; found: {error}; export the run again") from None
    if refers:
        raise RunError(
            f"expected an ONNX model with all its weights in {name}; found one that reads weights from another file; "
            "export the run again"
        )


def _refers_to_files(message: memoryview, kind: str) -> bool:
    """Whether a tensor in an encoded message stands in another file."""
    position = 0
    while position < len(message):
        tag, position = _number(message, position)
        if tag >> 32:
            raise ValueError("a field whose number is too large")
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _NUMBER:
            value, position = _number(message, position)
            if kind == "TensorProto" and number == _DATA_LOCATION and value:
                return True
            continue
        if wire_type == _BYTES:
            size, position = _number(message, position)
        elif wire_type in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if wire_type == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"a field of unknown type {wire_type}")
        if position + size > len(message):
            raise ValueError("a field that goes on beyond the end")
        if kind == "TensorProto" and number == _EXTERNAL_DATA:
            return True
        inner = _PATHS[kind].get(number)
        if inner and wire_type == _BYTES and _refers_to_files(message[position : position + size], inner):
            return True
        position += size
    return False


def _number(message: memoryview, position: int) -> tuple[int, int]:
    """A number of variable length at a position, and the position behind it."""
    value = shift = 0
    while shift < 70:  # ten bytes of seven bits each
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
        shift += 7
    raise ValueError("a number of more than ten bytes")
