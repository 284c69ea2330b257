import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { CHECK_PYTHON } from './check-python.ts';
import { entryReportSchema, judgeCode, type CheckedCode, type PluginSurroundings } from './judge-code.ts';

const CHECK_MODULE = fileURLToPath(new URL('./check-module.ts', import.meta.url));
const TIMEOUT_MS = 20_000;
const OUTPUT_LIMIT_BYTES = 64 * 1024;
/** Tried in this order. */
const PYTHONS = ['python3', 'python'];

const reportSchema = entryReportSchema.extend({
  problem: z.object({ line: z.number(), text: z.string() }).nullable(),
  hasExport: z.boolean(),
});
type Report = z.infer<typeof reportSchema>;

/**
 * Parses the file that a plugin is loaded by, in a process of its own, and runs nothing of it.
 *
 * @param file - absolute path.
 * @param shown - the file as the reader knows it.
 * @param around - what the code has to agree with.
 * @param env - only the search path and the directory for temporary files are passed on.
 */
export async function checkEntryPoint(
  file: string,
  shown: string,
  around: PluginSurroundings,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<CheckedCode> {
  const isPython = file.endsWith('.py');
  const found = isPython ? await checkPython(file, env, signal) : await checkModule(file, env, signal);
  if (found === 'absent') {
    const warning = `${shown}: its syntax was not checked, because there is no python3 on this machine`;
    return { problems: [], warnings: [warning] };
  }
  if (found === 'failed') {
    return { problems: [`${shown}: its syntax cannot be checked: the parser gave up`], warnings: [] };
  }
  if (found.problem !== null) {
    const { line, text } = found.problem;
    return { problems: [`${shown}${line === 0 ? '' : `:${line}`}: ${explain(text)}`], warnings: [] };
  }
  if (found.hasExport) return judgeCode(found, shown, around);
  // What Racetrack 2.36 says; a name that is made while the file runs cannot be seen here.
  if (isPython) return { problems: [], warnings: [`${shown}: class name Plugin was not found`] };
  return { problems: [], warnings: [`${shown}: no default export was found; it has to be the plugin`] };
}

function explain(text: string): string {
  if (!text.includes('strip-only mode')) return `not valid syntax: ${text}`;
  return `${text}: TypeScript runs as it is, with its types left out; write it without enums, namespaces and parameter properties`;
}

async function checkModule(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Report | 'failed' | 'absent'> {
  const scratch = await mkdtemp(join(tmpdir(), 'racetrack-plugin-'));
  try {
    const args = [
      '--no-warnings',
      '--experimental-vm-modules',
      CHECK_MODULE,
      file,
      join(scratch, 'plugin.mjs'),
    ];
    return await run(process.execPath, args, env, signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function checkPython(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Report | 'failed' | 'absent'> {
  for (const python of PYTHONS) {
    // -I: neither the environment nor the folder may bring modules; -S: no site packages.
    const found = await run(python, ['-I', '-S', '-c', CHECK_PYTHON, file], env, signal);
    if (found !== 'absent') return found;
  }
  return 'absent';
}

async function run(
  command: string,
  args: readonly string[],
  { PATH, TMPDIR }: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Report | 'failed' | 'absent'> {
  const options = { env: { PATH, TMPDIR }, timeout: TIMEOUT_MS, maxBuffer: OUTPUT_LIMIT_BYTES, signal };
  const outcome = await new Promise<{ readonly error: Error | null; readonly stdout: string }>((resolve) => {
    execFile(command, [...args], options, (error, stdout) => resolve({ error, stdout }));
  });
  signal.throwIfAborted();
  const { error } = outcome;
  if (error !== null) return 'code' in error && error.code === 'ENOENT' ? 'absent' : 'failed';
  const report = reportSchema.safeParse(parseJson(outcome.stdout));
  return report.success ? report.data : 'failed';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
