"""One line of code for each type: what its example returns, written out."""

import ast
import inspect
import textwrap

from course.catalogue.entry import Entry

LONGEST = 150  # characters


def code_line(entry: Entry) -> str:
    """The expression that the example returns; names it set on the way stand written out.

    So `layer = Gated(16)`, `return layer(x)` is `Gated(16)(x)`, and an argument with a default is
    its default. What would become too long is left as the example has it. Raises ValueError where
    the example is no function or returns nothing.
    """
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(entry.example))).body
    if not isinstance(function, ast.FunctionDef):
        raise ValueError(f"the example of {entry.name} must be a function")
    known = _defaults(function.args)
    for statement in function.body:
        if isinstance(statement, ast.Assign):
            known |= _assigned(statement.targets[0], _WrittenOut(known).visit(statement.value))
        if isinstance(statement, ast.Return) and statement.value:
            short = ast.unparse(statement.value)
            line = ast.unparse(_WrittenOut(known).visit(statement.value))
            return line if len(line) <= LONGEST else short
    raise ValueError(f"the example of {entry.name} returns nothing")


def place(entry: Entry) -> str:
    """Where its implementation is imported from: the nearest public module, and its name."""
    rooms = entry.implementation.__module__.split(".")
    public = next((n for n, room in enumerate(rooms) if room.startswith("_")), len(rooms))
    return ".".join([*rooms[:public], entry.implementation.__name__])


def _defaults(arguments: ast.arguments) -> dict[str, ast.expr]:
    with_default = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    names = (argument.arg for argument in with_default)
    return dict(zip(names, arguments.defaults, strict=True))


def _assigned(target: ast.expr, value: ast.expr) -> dict[str, ast.expr]:
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        names = (name.id for name in target.elts if isinstance(name, ast.Name))
        return dict(zip(names, value.elts, strict=True))
    return {}


class _WrittenOut(ast.NodeTransformer):
    def __init__(self, known: dict[str, ast.expr]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.known.get(node.id, node)
