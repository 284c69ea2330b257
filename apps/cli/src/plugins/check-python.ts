/**
 * A program in Python 3: parses the file that it is given, runs nothing of it, and prints what it found as one line of
 * JSON. `hasExport` tells whether something called `Plugin` is defined or imported at its top level.
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
try:
    with open(sys.argv[1], "rb") as file:
        tree = compile(file.read(), "plugin.py", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    names = set(find_names(tree.body))
except SyntaxError as error:
    problem = {"line": error.lineno or 0, "text": error.msg}
except (ValueError, MemoryError, RecursionError) as error:
    problem = {"line": 0, "text": str(error) or type(error).__name__}
print(json.dumps({"problem": problem, "hasExport": bool(names & {"Plugin", "*"})}))
`;
