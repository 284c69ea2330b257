import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import process from 'node:process';

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

const [file = '', scratch = ''] = process.argv.slice(2);
const source = readFileSync(file, 'utf8');
const problem = file.endsWith('.ts') ? checkTypeScript() : checkScript(file);
process.stdout.write(JSON.stringify({ problem, hasExport: DEFAULT_EXPORT.test(source) }));

function checkTypeScript(): Problem | null {
  try {
    // Lines stay where they are.
    writeFileSync(scratch, stripTypeScriptTypes(source));
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
