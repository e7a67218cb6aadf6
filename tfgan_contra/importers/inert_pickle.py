"""Reads the part of the pickle language that arrays are written in, and runs nothing.

A `.pth` file holds a pickle: a program for a small stack machine that may import and
call whatever it likes. This is another interpreter of it. It knows the instructions a
dictionary of tensors is made of; a name in the file stands for one of the few functions
below, which only put values together, and any other name or instruction is refused.
Python's own unpickler is never started, so there is nothing a file could switch on.

A file may also be made to use up time or memory. Here every instruction takes a time
in proportion to its own length: nothing copies, compares, hashes or prints a value
whose size it has not checked.
"""

import io
import pickletools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Optional

import numpy as np

# The structure of a state dict with its optimiser's takes some hundred bytes an array.
MOST_BYTES = 2 * 2**20
# PyTorch's magic number has 80 bits; nothing else in its files has more than 64.
MOST_BITS = 96
MOST_ARGUMENTS = 8
MOST_DIMENSIONS = 16

STORAGES = {
    "torch.DoubleStorage": "float64",
    "torch.FloatStorage": "float32",
    "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16",
    "torch.LongStorage": "int64",
    "torch.IntStorage": "int32",
    "torch.ShortStorage": "int16",
    "torch.CharStorage": "int8",
    "torch.ByteStorage": "uint8",
    "torch.BoolStorage": "bool",
}


class Refused(Exception):
    """Why a file is not read; the text goes after the file's name."""


class Storage(NamedTuple):
    """Numbers that lie elsewhere in the file.

    Attributes:
        dtype: name of the element type; a value of `STORAGES`.
        key: which block of the file they lie in.
        first: first element of the block.
        size: how many elements.
    """

    dtype: str
    key: str
    first: int
    size: int


class Tensor(NamedTuple):
    """A tensor's place in a storage; offset and strides in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Name(NamedTuple):
    """A name the file mentions, with what a call of it means, if it may be called."""

    text: str
    call: Optional[Callable[..., Any]] = None


class Result(NamedTuple):
    """What a pickle stands for, its length in bytes, and element types by storage."""

    value: Any
    length: int
    dtypes: dict[str, str]


def interpret(data: bytes) -> Result:
    """Returns what the pickle at the start of `data` stands for.

    Dictionaries, lists, tuples, text, bytes and numbers come as Python has them,
    tensors as `Tensor`, element types as `Name`.

    Raises:
        Refused: if it names or does anything that arrays have no need of, or is
            damaged.
    """
    machine = _Machine()
    try:
        return machine.run(pickletools.genops(io.BytesIO(data)))
    except (ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
        raise Refused(f"is damaged or truncated ({str(error)[:200]})") from None


class _NumpyType:
    """The element type of a NumPy number; the byte order is told afterwards."""

    def __init__(self, code: str, *_: Any) -> None:
        if code not in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u1", "b1"):
            raise ValueError("a NumPy number of an unusual type")
        self.code, self.order = code, "<"

    def set_state(self, state: Any) -> None:
        """Takes over the byte order."""
        order = state[1] if type(state) is tuple else None
        if type(order) is not str or order not in ("<", ">", "|"):
            raise ValueError("a NumPy number of an unusual byte order")
        self.order = order

    def number(self, data: bytes) -> float | int | bool:
        """Returns the number that some bytes stand for."""
        return np.frombuffer(data, np.dtype(self.order + self.code), 1)[0].item()


def _tensor(
    storage: Storage, offset: int, shape: tuple, strides: tuple, *_: Any
) -> Tensor:
    if type(storage) is not Storage or not (_is_size(shape) and _is_size(strides)):
        raise ValueError("a tensor without a place")
    if not _is_count(offset) or len(shape) != len(strides):
        raise ValueError("a tensor without a place")
    return Tensor(storage, offset, shape, strides)


def _size(numbers: tuple = ()) -> tuple[int, ...]:
    if not _is_size(numbers):
        raise ValueError("a size of something other than numbers")
    return numbers


def _device(kind: str, number: int = 0) -> str:
    if type(kind) is not str or not _is_count(number):
        raise ValueError("a device of an unusual name")
    return f"{kind[:20]}:{number}"


def _encode(text: str, encoding: str) -> bytes:
    if type(text) is not str or len(text) > 16 or encoding != "latin1":
        raise ValueError("bytes of an unusual size or encoding")
    return text.encode("latin1")


def _is_count(number: Any) -> bool:
    return type(number) is int and number >= 0


def _is_size(numbers: Any) -> bool:
    small = type(numbers) is tuple and len(numbers) <= MOST_DIMENSIONS
    return small and all(_is_count(number) for number in numbers)


def _key(key: Any) -> Any:
    # Numbers beyond these could be chosen to collide, which makes a dictionary slow.
    if type(key) is str or key is None or (type(key) is int and abs(key) < 2**60):
        return key
    raise ValueError("a key that is neither text nor a small number")


def _dictionary(values: list[Any]) -> dict[Any, Any]:
    """Returns a dictionary of keys and values that come in turn."""
    keys = [_key(key) for key in values[::2]]
    return dict(zip(keys, values[1::2], strict=True))


CALLS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": dict,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    "torch.Size": _size,
    "torch.device": _device,
    "numpy.dtype": _NumpyType,
    "numpy.core.multiarray.scalar": lambda kind, data: kind.number(data),
    "numpy._core.multiarray.scalar": lambda kind, data: kind.number(data),
    "_codecs.encode": _encode,
}
VALUES = {f"torch.{name}" for name in (*STORAGES.values(), "uint16", "uint32")}
NAMES = {text: Name(text, call) for text, call in CALLS.items()} | {
    text: Name(text) for text in (*STORAGES, *VALUES)
}


def _name(module: Any, attribute: Any) -> Name:
    if type(module) is not str or type(attribute) is not str:
        raise ValueError("a name that is no text")
    text = f"{module[:80]}.{attribute[:80]}"
    if text not in NAMES:
        raise Refused(
            f"holds code, not only arrays: it asks for {text!r}. It is refused unread; "
            "have its maker save a plain state_dict()"
        )
    return NAMES[text]


class _Machine:
    """The stack, the marks in it and the memory of numbered values."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memory: dict[int, Any] = {}
        self._dtypes: dict[str, str] = {}

    def run(self, program: Iterable) -> Result:
        """Follows the instructions up to the end of the pickle."""
        for instruction, argument, place in program:
            if instruction.name == "STOP":
                return Result(self._pop(), place + 1, self._dtypes)
            if instruction.name not in _ACTIONS:
                named = f" of {argument[:80]!r}" if type(argument) is str else ""
                raise Refused(
                    f"holds code, not only arrays: the instruction {instruction.name}"
                    f"{named}. It is refused unread; have its maker save a plain "
                    "state_dict()"
                )
            _ACTIONS[instruction.name](self, argument)
        raise ValueError("it has no end")

    def push(self, value: Any) -> None:
        """Puts a value on the stack."""
        if type(value) is int and value.bit_length() > MOST_BITS:
            raise ValueError("a number of unusual size")
        self._stack.append(value)

    def push_tuple(self, length: int) -> None:
        """Joins the topmost values."""
        values = [self._pop() for _ in range(length)]
        self.push(tuple(reversed(values)))

    def mark(self) -> None:
        """Remembers how high the stack is."""
        self._marks.append(len(self._stack))

    def since_mark(self) -> list[Any]:
        """Takes everything above the last mark."""
        start = self._marks.pop()
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def pop(self) -> None:
        """Drops the topmost value, or the mark if it is the last thing put there."""
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self._pop()

    def remember(self, number: Optional[int]) -> None:
        """Numbers the topmost value; without a number, the next one."""
        self._memory[len(self._memory) if number is None else number] = self._top()

    def recall(self, number: int) -> None:
        """Puts a numbered value on the stack."""
        if number not in self._memory:
            raise ValueError(f"value {number} was never numbered")
        self.push(self._memory[number])

    def extend_list(self, values: list[Any]) -> None:
        """Appends to the list on top."""
        if type(self._top()) is not list:
            raise ValueError("an item without its list")
        self._top().extend(values)

    def extend_dict(self, values: list[Any]) -> None:
        """Adds keys and values, in turn, to the dictionary on top."""
        if type(self._top()) is not dict:
            raise ValueError("an item without its dictionary")
        self._top().update(_dictionary(values))

    def name_on_stack(self) -> None:
        """Looks up the name whose two parts lie on the stack."""
        attribute, module = self._pop(), self._pop()
        self.push(_name(module, attribute))

    def call(self) -> None:
        """Puts together what a call of one of our own functions gives."""
        arguments, name = self._pop(), self._pop()
        if type(name) is not Name or name.call is None:
            raise ValueError("a call of something that cannot be called")
        if type(arguments) is not tuple or len(arguments) > MOST_ARGUMENTS:
            raise ValueError(f"{name.text} with other arguments")
        if name.call is dict and arguments:
            raise ValueError(f"{name.text} with arguments")
        try:
            self.push(name.call(*arguments))
        except (TypeError, AttributeError):
            raise ValueError(f"{name.text} with other arguments") from None

    def set_state(self) -> None:
        """Completes a NumPy type; what PyTorch notes beside a dictionary is dropped."""
        state, target = self._pop(), self._top()
        if isinstance(target, _NumpyType):
            target.set_state(state)
        elif type(target) is not dict:
            raise ValueError("state for something that has none")

    def storage(self) -> None:
        """Reads the description of a block of numbers."""
        reference = self._pop()
        if type(reference) is not tuple or len(reference) not in (5, 6):
            raise ValueError("a reference to something that is no storage")
        kind, name, key, _, count = reference[:5]
        dtype = STORAGES.get(name.text) if type(name) is Name else None
        if type(kind) is not str or kind != "storage" or dtype is None:
            raise ValueError("a reference to something that is no storage")
        # Only old files have a sixth part: the name, start and length of a view.
        view = reference[5] if len(reference) == 6 else None
        first, count = (0, count) if view is None else view[1:3]
        if type(key) is not str or not (_is_count(first) and _is_count(count)):
            raise ValueError("a storage without a size")
        if self._dtypes.setdefault(key, dtype) != dtype:
            raise ValueError("a storage of two types")
        self.push(Storage(dtype, key, first, count))

    def _pop(self) -> Any:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise ValueError("a value is missing")
        return self._stack.pop()

    def _top(self) -> Any:
        self._stack.append(self._pop())
        return self._stack[-1]


Action = Callable[[_Machine, Any], object]


def _same(action: Action, names: str) -> dict[str, Action]:
    return dict.fromkeys(names.split(), action)


_ACTIONS: dict[str, Action] = {
    **_same(lambda m, _: None, "PROTO FRAME"),
    **_same(
        lambda m, value: m.push(value),
        "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING "
        "SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES "
        "SHORT_BINBYTES BINBYTES8",
    ),
    "NONE": lambda m, _: m.push(None),
    "NEWTRUE": lambda m, _: m.push(True),
    "NEWFALSE": lambda m, _: m.push(False),
    "EMPTY_DICT": lambda m, _: m.push({}),
    "EMPTY_LIST": lambda m, _: m.push([]),
    "EMPTY_TUPLE": lambda m, _: m.push(()),
    "TUPLE1": lambda m, _: m.push_tuple(1),
    "TUPLE2": lambda m, _: m.push_tuple(2),
    "TUPLE3": lambda m, _: m.push_tuple(3),
    "TUPLE": lambda m, _: m.push(tuple(m.since_mark())),
    "LIST": lambda m, _: m.push(m.since_mark()),
    "DICT": lambda m, _: m.push(_dictionary(m.since_mark())),
    "MARK": lambda m, _: m.mark(),
    "POP": lambda m, _: m.pop(),
    "POP_MARK": lambda m, _: m.since_mark(),
    **_same(lambda m, number: m.remember(number), "PUT BINPUT LONG_BINPUT MEMOIZE"),
    **_same(lambda m, number: m.recall(number), "GET BINGET LONG_BINGET"),
    "APPEND": lambda m, _: m.extend_list([m._pop()]),
    "APPENDS": lambda m, _: m.extend_list(m.since_mark()),
    "SETITEM": lambda m, _: m.extend_dict([m._pop(), m._pop()][::-1]),
    "SETITEMS": lambda m, _: m.extend_dict(m.since_mark()),
    "GLOBAL": lambda m, text: m.push(_name(*text.split(" ", 1))),
    "STACK_GLOBAL": lambda m, _: m.name_on_stack(),
    "REDUCE": lambda m, _: m.call(),
    "BUILD": lambda m, _: m.set_state(),
    "BINPERSID": lambda m, _: m.storage(),
}
