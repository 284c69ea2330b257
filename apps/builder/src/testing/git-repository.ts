import { execFile } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A repository to build from. */
export interface TestRepository {
  readonly dir: string;
  /** Runs git in it; the output without its last line feed. */
  readonly git: (...args: string[]) => Promise<string>;
  /** Writes files, commits everything, and answers the commit id. A value `-> X` makes a link to X. */
  readonly commit: (files: Readonly<Record<string, string>>) => Promise<string>;
}

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** Makes a repository with one branch, `main`, and a first commit of the files. */
export async function createRepository(
  dir: string,
  files: Readonly<Record<string, string>>,
): Promise<TestRepository> {
  await mkdir(dir, { recursive: true });
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('git', args, { cwd: dir, env: { PATH: process.env['PATH'], ...IDENTITY } });
    return stdout.trimEnd();
  };
  const commit = async (contents: Readonly<Record<string, string>>): Promise<string> => {
    for (const [path, content] of Object.entries(contents)) await writeEntry(join(dir, path), content);
    await git('add', '-A');
    await git('commit', '-q', '--allow-empty', '-m', 'change');
    return await git('rev-parse', 'HEAD');
  };
  await git('init', '-q', '-b', 'main');
  await commit(files);
  return { dir, git, commit };
}

async function writeEntry(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (content.startsWith('-> ')) {
    await symlink(content.slice(3), path);
    return;
  }
  await writeFile(path, content);
  if (content.startsWith('#!')) await chmod(path, 0o755);
}
