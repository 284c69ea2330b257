import { stripTypeScriptTypes } from 'node:module';
import { spawnSync } from 'node:child_process';

/** A fenced block of a page. */
interface CodeBlock {
  /** First word after the fence. */
  readonly language: string;
  /** The other words. */
  readonly flags: readonly string[];
  readonly text: string;
}

/** Syntax of a block in its own language. */
type Check = (text: string) => string | undefined;

const CHECKS: Readonly<Record<string, Check>> = {
  sh: (text) => runChecker('bash', ['-n'], text),
  python: (text) => runChecker('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], text),
  json: checkJson,
  ts: checkTypeScript,
  js: checkTypeScript,
  go: (text) => runChecker('gofmt', ['-e'], text),
  rust: (text) => runChecker('rustfmt', ['--check', '--edition', '2021', '--config', 'max_width=120'], text),
};

/** Languages that are shown and not read: there is nothing to be checked, or somebody else does. */
const SHOWN = new Set(
  ' text console diff http dockerfile jinja html ini toml yaml makefile nginx sql promql'.split(' '),
);

/**
 * Says what is wrong with a block of code in the documentation. Blocks flagged `fragment` are parts of something.
 *
 * @returns undefined when it is fine, or its checker is not on this machine.
 */
export function checkBlock(block: CodeBlock): string | undefined {
  if (block.flags.includes('fragment') || SHOWN.has(block.language)) return undefined;
  const check = CHECKS[block.language];
  if (check === undefined) return `language ${block.language} is not known to this test`;
  return check(block.text);
}

function runChecker(program: string, args: readonly string[], input: string): string | undefined {
  const outcome = spawnSync(program, args, { input, encoding: 'utf8', timeout: 20_000 });
  if (outcome.error !== undefined) return undefined;
  return outcome.status === 0 ? undefined : (outcome.stderr || outcome.stdout).trim();
}

function checkJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function checkTypeScript(text: string): string | undefined {
  try {
    stripTypeScriptTypes(text);
    return undefined;
  } catch (error) {
    return String(error);
  }
}
