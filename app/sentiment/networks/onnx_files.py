"""ONNX files are read only if all their weights are in them.

An ONNX file may say that a weight is in another file, named by a path: a file that is in no manifest of a run, and may
be any file of the machine. No file of this project does that. So whatever opens an ONNX file calls `read_onnx` or
`require_whole` first.

The check reads the encoded message itself, so that a prediction need not import `onnx`. A message is a sequence of
fields; each has a tag, which is a field number and a wire type, and a value.
"""

from pathlib import Path

from sentiment.errors import RunError

# For each kind of message: the numbers of the fields that lead to a tensor, and the kind of message in them.
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
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of a TensorProto; absent, or zero, if its data is in the file
_VARINT, _BYTES = 0, 2  # wire types
_FIXED_SIZES = {1: 8, 5: 4}  # by wire type, in bytes


def read_onnx(path: Path) -> bytes:
    """The content of an ONNX file.

    Raises:
        RunError: it has a tensor in another file, or is no ONNX file.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    require_whole(content, str(path))
    return content


def require_whole(content: bytes, name: str = "the model") -> None:
    """Refuses an ONNX model that needs another file.

    Raises:
        RunError: it has a tensor in another file, or is no ONNX model.
    """
    try:
        external = _has_external_tensor(memoryview(content), "ModelProto")
    except (ValueError, IndexError, RecursionError) as error:
        raise RunError(f"expected an ONNX model in {name}; found: {error}; export the run again") from None
    if external:
        raise RunError(
            f"expected an ONNX model with all its weights in {name}; found one that reads weights from another file; "
            "export the run again"
        )


def _has_external_tensor(message: memoryview, kind: str) -> bool:
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        if tag >> 32:
            raise ValueError("a field whose number is too large")
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            value, position = _varint(message, position)
            if kind == "TensorProto" and number == _DATA_LOCATION and value:
                return True
            continue
        if wire_type == _BYTES:
            size, position = _varint(message, position)
        elif wire_type in _FIXED_SIZES:
            size = _FIXED_SIZES[wire_type]
        else:
            raise ValueError(f"a field of unknown type {wire_type}")
        if position + size > len(message):
            raise ValueError("a field that goes on beyond the end")
        if kind == "TensorProto" and number == _EXTERNAL_DATA:
            return True
        inner = _PATHS[kind].get(number)
        if inner and wire_type == _BYTES and _has_external_tensor(message[position : position + size], inner):
            return True
        position += size
    return False


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """A number of variable length, and the position behind it."""
    value = shift = 0
    while shift < 70:  # ten bytes of seven bits each
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, position
        shift += 7
    raise ValueError("a number of more than ten bytes")
