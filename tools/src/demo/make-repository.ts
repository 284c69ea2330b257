import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCommand } from '../steps/run-command.ts';
import { DemoFailure } from './demo-failure.ts';

/** Always the same author and time, so that the demo makes the same commit everywhere. */
const IDENTITY = {
  GIT_AUTHOR_NAME: 'Racetrack demo',
  GIT_AUTHOR_EMAIL: 'demo@example.com',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Racetrack demo',
  GIT_COMMITTER_EMAIL: 'demo@example.com',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  // Neither the user's configuration (signing, hooks, templates) nor questions.
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

/**
 * Makes a git repository with one commit out of a job's folder; its manifest then names this very repository.
 *
 * @param source - the folder; left as it is.
 * @param repository - where the repository goes.
 * @throws {@link DemoFailure} with git's words.
 */
export async function makeRepository(source: string, repository: string): Promise<void> {
  cpSync(source, repository, { recursive: true });
  pointManifestAt(repository);
  const commands = [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', '--all'],
    ['commit', '--quiet', '--message', 'Add a job'],
  ];
  for (const args of commands) {
    const { code, output } = await runCommand('git', args, {
      cwd: repository,
      env: { ...process.env, ...IDENTITY },
      output: 'collect',
    });
    if (code !== 0) throw new DemoFailure(`git ${args[0]} failed: ${output.trim()}`);
  }
}

function pointManifestAt(repository: string): void {
  const file = path.join(repository, 'job.yaml');
  const manifest = readFileSync(file, 'utf8')
    .replace(/^( +remote:).*$/m, `$1 ${pathToFileURL(repository).href}`)
    .replace(/^( +directory:).*$/m, '$1 .');
  writeFileSync(file, manifest);
}
