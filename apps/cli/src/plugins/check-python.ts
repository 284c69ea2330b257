/**
 * A program in Python 3: parses the file that it is given, runs nothing of it, and prints what it found as one line of
 * JSON. `hasExport` tells whether something called `Plugin` is defined or imported at its top level; `methods` are those
 * of that class, and `hasBases` whether it may have others.
 */
export const CHECK_PYTHON = `
import ast, json, sys

def find_names(body):
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                yield from find_names(getattr(node, part, []))

problem = None
names = set()
methods = []
has_bases = True
try:
    with open(sys.argv[1], "rb") as file:
        tree = compile(file.read(), "plugin.py", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    names = set(find_names(tree.body))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Plugin":
            has_bases = any(not isinstance(base, ast.Name) or base.id != "PluginCore" for base in node.bases)
            methods = [
                {"name": part.name, "line": part.lineno}
                for part in node.body
                if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))
            ]
except SyntaxError as error:
    problem = {"line": error.lineno or 0, "text": error.msg}
except (ValueError, MemoryError, RecursionError) as error:
    problem = {"line": 0, "text": str(error) or type(error).__name__}
print(json.dumps({
    "problem": problem,
    "hasExport": bool(names & {"Plugin", "*"}),
    "methods": methods,
    "hasBases": has_bases,
}))
`;
