"""What every function and file says of itself: types, docstrings where names do not say it all, no machine's paths."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from tests.structure.tree import Function, Module, files, length, modules, read

ELSEWHERE = re.compile(
    r"/[w]ork/|/[t]mp/wt|/[r]oot/|/[h]ome/\w|/[o]pt/(?:pypi|wheels)|/[U]sers/\w|\b[C]:\\\\Users"
    r"|\b(?:extra-)?[i]ndex-url\b|\b[f]ind-links\b|\b\w*[p]ypi[\w.-]*\.(?:org|com|net|internal|local)\b"
    r"|\bregistry\.[\w-]+\.\w+|\.[p]yenv"
)
TRIVIAL = {"a", "an", "the", "of", "for", "to", "this", "get", "gets", "return", "returns", "set", "sets", "self"}


def places(met: Callable[[Function], bool]) -> set[str]:
    return {
        f"{module.where}:{each.lineno} {each.name}" for module in modules() for each in module.functions() if met(each)
    }


def untyped(function: Function) -> bool:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    named = [each for each in every if each and each.arg not in {"self", "cls"}]
    return function.returns is None or any(each.annotation is None for each in named)


def test_every_argument_and_result_has_a_type() -> None:
    assert places(untyped) == set()


def explained(module: Module) -> bool:
    """A module has a docstring, or it is empty, or the classes that it is named after have theirs."""
    classes = [each for each in module.syntax.body if isinstance(each, ast.ClassDef)]
    return bool(
        ast.get_docstring(module.syntax) or not module.syntax.body or (classes and all(map(ast.get_docstring, classes)))
    )


def test_a_module_says_what_it_is_for() -> None:
    assert {each.where for each in modules() if not explained(each)} == set()


def must_explain(function: Function) -> bool:
    """A public name that raises or does much does not say it all; what a docstring says is left to its readers."""
    if function.name.startswith("_") or any("overload" in ast.unparse(each) for each in function.decorator_list):
        return False
    raises = any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function))
    steps = sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1
    return (steps > 20 or (raises and length(function) > 3)) and not ast.get_docstring(function)


def inherited(module: Module) -> set[Function]:
    """Methods of classes with a base: what they do stands at the base's method."""
    return {method for each in module.classes() if each.bases for method in each.body if isinstance(method, Function)}


def nested(module: Module) -> set[Function]:
    return {
        inner
        for outer in module.functions()
        for inner in ast.walk(outer)
        if inner is not outer and isinstance(inner, Function)
    }


def test_what_a_name_does_not_say_stands_in_its_docstring() -> None:
    exempt = {each for module in modules() for each in inherited(module) | nested(module)}
    assert places(lambda each: each not in exempt and must_explain(each)) == set()


def words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z]+", text.lower())} - TRIVIAL


def test_no_docstring_only_repeats_the_name() -> None:
    assert places(lambda each: bool(said := ast.get_docstring(each)) and words(said) <= words(each.name)) == set()


def test_no_file_speaks_of_one_machine() -> None:
    met = {
        f"{path.name}:{number}: {found.group()}"
        for path in files()
        for number, line in enumerate(read(path).splitlines(), 1)
        if (found := ELSEWHERE.search(line))
    }
    assert met == set()
