import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const IDENTITY = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];

/** A real git repository with the given files, committed on `branch`. */
export async function createRepository(
  directory: string,
  files: Readonly<Record<string, string>>,
  branch = 'main',
): Promise<string> {
  await mkdir(directory, { recursive: true });
  await run('git', ['init', '--quiet', `--initial-branch=${branch}`, directory]);
  await commitFiles(directory, files);
  return directory;
}

/** Writes files and commits them on the current branch. */
export async function commitFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  await run('git', ['-C', directory, 'add', '--all']);
  await run('git', [
    '-C',
    directory,
    ...IDENTITY,
    'commit',
    '--quiet',
    '--allow-empty',
    '--message',
    'state',
  ]);
}

/** Makes a branch and stays on it. */
export async function createBranch(directory: string, branch: string): Promise<void> {
  await run('git', ['-C', directory, 'checkout', '--quiet', '-b', branch]);
}

export interface JobOptions {
  readonly name: string;
  readonly version: string;
  readonly remote: string;
  readonly branch?: string;
  readonly directory?: string;
  readonly extra?: Readonly<Record<string, string>>;
}

/** A manifest for a Python job in `job.py`. */
export function pythonManifest(options: JobOptions): string {
  const extra = Object.entries({ entrypoint_path: 'job.py', ...options.extra });
  return [
    `name: ${options.name}`,
    'owner_email: team@example.com',
    `version: "${options.version}"`,
    'jobtype: python3:latest',
    'git:',
    `  remote: ${options.remote}`,
    ...(options.branch === undefined ? [] : [`  branch: ${options.branch}`]),
    ...(options.directory === undefined ? [] : [`  directory: ${options.directory}`]),
    'jobtype_extra:',
    ...extra.map(([key, value]) => `  ${key}: ${value}`),
    '',
  ].join('\n');
}
