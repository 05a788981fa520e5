"""Rules as short expressions over facts, checked and then compiled to one Python function per table.

An expression knows names of facts, numbers, comparisons, arithmetic, and/or/not; nothing else gets through.
"""

from __future__ import annotations

import ast
import operator
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from math import inf
from types import CodeType, FunctionType
from typing import Any

Facts = dict[str, float]
Collector = Callable[[Facts], list[int]]
Finder = Callable[[Facts], Iterator[int]]
Assigner = Callable[[Facts], None]

NOTHING: Mapping[str, float] = {}
LONGEST, LARGEST = 2000, 1e15
COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ALLOWED = (
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.Compare,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.Eq,
    ast.NotEq,
    ast.Constant,
    ast.Name,
    ast.Load,
)


class BadRule(ValueError):
    """A rule that cannot be used; the message says what is wrong with it."""


def parsed(rule: str, known: Container[str]) -> ast.expr:
    """The rule's syntax tree. Raises BadRule for other syntax than the above and for names that are no facts."""
    if len(rule) > LONGEST:
        raise BadRule(f"{rule[:40]!r}… is longer than {LONGEST} characters; make two of it")
    try:
        tree = ast.parse(rule.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadRule(f"{rule!r} is no rule: {getattr(error, 'msg', error)}") from error
    for node in ast.walk(tree):
        if not isinstance(node, ALLOWED) or (isinstance(node, ast.Constant) and not _number(node.value)):
            raise BadRule(f"{rule!r}: {type(node).__name__} has no place in a rule")
        if isinstance(node, ast.Name) and node.id not in known:
            raise BadRule(f"{rule!r}: there is no fact {node.id!r}")
    return tree


def _number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= LARGEST


def collector(rules: Sequence[str], known: Container[str], given: Mapping[str, float] = NOTHING) -> Collector:
    """A function from facts to the positions of the rules that hold; what cannot hold under `given` is left out."""
    codes = _codes(rules, known, given)
    lines = [f"    if {code}: add({i})" for i, code in codes]
    return _function(["def judge(f):", "    found = []", "    add = found.append", *lines, "    return found"])


def finder(rules: Sequence[str], known: Container[str], given: Mapping[str, float]) -> Finder:
    """As `collector`, one position after the other: who has enough need not ask for more."""
    lines = [f"    if {code}: yield {i}" for i, code in _codes(rules, known, given)]
    return _function(["def judge(f):", *lines, "    if 0: yield -1"])


def assigner(rules: Mapping[str, str], known: Container[str]) -> Assigner:
    """A function that puts each rule's outcome (1, 0 or a number) among the facts under its name, in order."""
    lines = [f"    f[{name!r}] = {_code(rule, known)} + 0" for name, rule in rules.items()]
    return _function(["def judge(f):", *lines, "    return None"])


def scorer(rules: Sequence[str], known: Container[str]) -> Callable[[Facts], list[float]]:
    """A function from facts to the value of each expression."""
    values = ", ".join(_code(rule, known) for rule in rules)
    return _function(["def judge(f):", f"    return [{values}]"])


def thresholds(
    rules: Iterable[str], timed: Container[str], known: Container[str], given: Mapping[str, float]
) -> dict[str, tuple[float, ...]]:
    """At which values of a fact that grows with time a rule may change its mind, under what is given."""
    found: dict[str, set[float]] = defaultdict(set)
    for rule in rules:
        tree = _given(parsed(rule, known), given)
        for node in [] if isinstance(tree, bool) else ast.walk(tree):
            if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id in timed:
                limit = node.comparators[0]
                if isinstance(limit, ast.Constant) and isinstance(limit.value, int | float):
                    found[node.left.id].add(float(limit.value))
    return {name: tuple(sorted(limits)) for name, limits in found.items()}


def _codes(rules: Sequence[str], known: Container[str], given: Mapping[str, float]) -> Iterator[tuple[int, str]]:
    for i, rule in enumerate(rules):
        tree = _given(parsed(rule, known), given)
        if tree is not False:
            yield i, "1" if tree is True else _text(tree)


def _given(tree: ast.expr, given: Mapping[str, float]) -> ast.expr | bool:
    """The condition with what is given worked out: true, false, or what is left of it."""
    match tree:
        case ast.Name(id=name) if name in given:
            return bool(given[name])
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=limit)]) if name in given:
            return bool(COMPARE[type(op)](given[name], limit))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _given(operand, given)
            return not inner if isinstance(inner, bool) else ast.UnaryOp(ast.Not(), inner)
        case ast.BoolOp(op=op, values=values):
            return _joined(op, [_given(each, given) for each in values])
    return tree


def _joined(op: ast.boolop, parts: Sequence[ast.expr | bool]) -> ast.expr | bool:
    settles = isinstance(op, ast.Or)
    if settles in [part for part in parts if isinstance(part, bool)]:
        return settles
    left = [part for part in parts if not isinstance(part, bool)]
    if len(left) > 1:
        return ast.BoolOp(op, left)
    return left[0] if left else not settles


class _Lookup(ast.NodeTransformer):
    """Names become look-ups; what is divided by nothing is nothing."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Div):
            right = ast.BoolOp(ast.Or(), [right, ast.Constant(inf)])
        return ast.BinOp(left, node.op, right)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Subscript(ast.Name("f", ast.Load()), ast.Constant(node.id), ast.Load())


def _code(rule: str, known: Container[str]) -> str:
    return _text(parsed(rule, known))


def _text(tree: ast.expr) -> str:
    return f"({ast.unparse(_Lookup().visit(tree))})"


def _function(lines: Sequence[str]) -> Callable[..., Any]:
    module = compile("\n".join(lines), "<playbook>", "exec")
    code = next(each for each in module.co_consts if isinstance(each, CodeType))
    return FunctionType(code, {"__builtins__": {}})
