import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The original's wrapper, as of November 2026. */
const ORIGINAL = 'racetrack-job-runner==1.18.0';
const TIMEOUT_MS = 10 * 60_000;

/** Kept between runs: what is built here takes longer than what is measured. */
const CACHE_DIR = path.join(tmpdir(), `racetrack-bench-references-${process.getuid?.() ?? 0}`);

/**
 * Installs the original's wrapper in an environment of its own, once.
 *
 * @returns the interpreter that can import it.
 */
export async function installOriginal(): Promise<string> {
  const folder = path.join(CACHE_DIR, ORIGINAL);
  const interpreter = path.join(folder, 'bin/python');
  const mark = path.join(folder, 'installed');
  if (existsSync(mark)) return interpreter;
  await run('python3', ['-m', 'venv', folder], tmpdir());
  await run(interpreter, ['-m', 'pip', 'install', '--quiet', ORIGINAL], folder);
  mkdirSync(mark);
  return interpreter;
}

/** Builds a Go program; its path. */
export async function buildGo(sourceDir: string, folder: string): Promise<string> {
  const binary = path.join(folder, 'bare-go');
  await run('go', ['build', '-o', binary, '.'], sourceDir);
  return binary;
}

/** Builds a Rust program for release, in a copy; its path. */
export async function buildCargo(sourceDir: string): Promise<string> {
  const folder = path.join(CACHE_DIR, 'bare-rust');
  cpSync(sourceDir, folder, { recursive: true });
  await run('cargo', ['build', '--release', '--quiet', '--jobs', '2'], folder);
  return path.join(folder, 'target/release/bare');
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(program, args, { cwd, timeout: TIMEOUT_MS });
}
