import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import process from 'node:process';
import { SourceTextModule } from 'node:vm';

/**
 * A program of its own, for {@link file://./check-entry-point.ts}: parses a module of JavaScript or TypeScript, runs
 * nothing of it, and prints what it found as one line of JSON.
 */

const TIMEOUT_MS = 15_000;
const DEFAULT_EXPORT = /\bexport\s+default\b|\bas\s+default\b|\bmodule\.exports\b|\bexports\.default\b/;

interface Problem {
  /** 0 when it is not known. */
  readonly line: number;
  readonly text: string;
}

/** Texts and comments, brackets, and `id` or `version` with a text. */
const TOKENS =
  /\b(?<key>id|version)\s*:\s*(['"])(?<value>[^'"\\\n]*)\2|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[^]*?\*\/|(?<open>[([{])|(?<close>[)\]}])/g;

const [file = '', scratch = ''] = process.argv.slice(2);
const source = readFileSync(file, 'utf8');
/** What runs; lines stay where they are. */
let code = source;
const problem = file.endsWith('.ts') ? checkTypeScript() : checkScript(file);
process.stdout.write(
  JSON.stringify({
    problem,
    hasExport: DEFAULT_EXPORT.test(source),
    imports: problem === null ? findImports() : [],
    identity: problem === null ? findIdentity() : [],
    hooks:
      /\bvalidateJobManifest\b/.test(code) && !/\baddJobType\b/.test(code) ? ['validateJobManifest'] : [],
  }),
);

function checkTypeScript(): Problem | null {
  try {
    code = stripTypeScriptTypes(source);
    writeFileSync(scratch, code);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { line: findLine(error.stack ?? ''), text: error.message };
  }
  return checkScript(scratch);
}

function checkScript(path: string): Problem | null {
  const args = ['--no-warnings', '--check', path];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: TIMEOUT_MS });
  if (status === 0) return null;
  const text = /^SyntaxError[^:\n]*: (.*)$/m.exec(stderr)?.[1] ?? 'the parser gave up';
  return { line: findLine(stderr), text };
}

/** The first line of such a report is `PATH:LINE`. */
function findLine(report: string): number {
  return Number(/^[^\n]*:(\d+)\n/.exec(report)?.[1] ?? 0);
}

/** What is imported once types are left out. */
function findImports(): { readonly specifier: string; readonly line: number }[] {
  let requests: readonly { readonly specifier: string }[];
  try {
    requests = new SourceTextModule(code).moduleRequests;
  } catch {
    // A module of CommonJS.
    return [];
  }
  return requests.map(({ specifier }) => ({ specifier, line: findText(specifier) }));
}

/** 0 when it is written with escapes. */
function findText(text: string): number {
  const isThere = (line: string): boolean => line.includes(`'${text}'`) || line.includes(`"${text}"`);
  const lines = code.split('\n');
  const found = lines.findIndex((line) => /\b(?:import|from)\b/.test(line) && isThere(line));
  return (found >= 0 ? found : lines.findIndex(isThere)) + 1;
}

/** `id` and `version` as the default export spells them out. */
function findIdentity(): { readonly key: string; readonly value: string; readonly line: number }[] {
  const start = /\bexport\s+default\s+(?:definePlugin\s*\(\s*)?(?=\{)/.exec(code);
  if (start === null) return [];
  const from = start.index + start[0].length;
  const found = [];
  let depth = 0;
  for (const { index, groups } of code.slice(from).matchAll(TOKENS)) {
    const { key, value, open, close } = groups ?? {};
    if (open !== undefined) depth += 1;
    if (close !== undefined) depth -= 1;
    if (depth === 0) break;
    if (key === undefined || value === undefined || depth > 1) continue;
    found.push({ key, value, line: code.slice(0, from + index).split('\n').length });
  }
  return found;
}
