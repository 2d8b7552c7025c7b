"""A property computed when first read, also inside a compiled graph."""

from functools import cached_property
from typing import Any, Self, TypeVar, cast, overload

Value = TypeVar("Value")


class lazy(cached_property[Value]):  # noqa: N801 (it stands where a property does)
    """`functools.cached_property` without its lock, which torch.compile cannot enter.

    Python 3.12 dropped it, too. Two threads that read at once may each compute the same value.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Value: ...

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Self | Value:
        if instance is None:
            return self
        value = self.func(instance)
        if not getattr(instance, "unfinished", False):
            vars(instance)[cast(str, self.attrname)] = value  # from now on found before this
        return value
