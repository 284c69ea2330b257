import { dirname } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import type { BuilderConfig } from '../config.ts';
import { runCommand, type CommandOutcome } from '../steps/run-command.ts';
import type { ConfinedGit } from './confined-git.ts';
import type { GitRemote } from './git-remote.ts';
import type { GitNetwork } from './network/git-network.ts';
import { presentGitFailure } from './present-git-failure.ts';

/** Enough for the references of the largest repositories; a command that says more is stopped reading. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/** Transfers slower than this many bytes a second, for as long as a server may be silent, are given up. */
const LOW_SPEED_BYTES_PER_SECOND = 1000;

/**
 * Answers git's question for credentials from file descriptor 3, and stores none. A constant: the values never enter a
 * shell text, an argument, a variable or a file.
 */
const CREDENTIAL_HELPER = '!f() { test "$1" = get && cat <&3; }; f';

export interface GitCommandDeps {
  readonly config: Pick<BuilderConfig, 'path' | 'gitEnv'>;
  readonly remote: GitRemote;
  readonly network: Omit<GitNetwork, keyof AsyncDisposable>;
  /** Bytes that each process of a command without {@link RunGitOptions.admit} may allocate; `null`: no limit. */
  readonly memory: { readonly prlimit: string; readonly bytes: number } | null;
  /** How commands run that are not to be the builder's own; `null`: as the builder does. */
  readonly confined: ConfinedGit | null;
  readonly signal: AbortSignal;
}

export interface RunGitOptions {
  /** No repository is looked for above it. Confined commands have one of their own. */
  readonly cwd: string;
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Puts the command into the group of the build, whose limits hold then; a short question goes without. */
  readonly admit?: ((pid: number) => Promise<void>) | undefined;
}

/**
 * Runs one git command that sees nothing of the machine's or user's git configuration, asks nobody, runs no hooks and
 * speaks only the protocol of its remote.
 *
 * @param args - after `git`; a value from outside must be validated or stand behind `--`.
 * @returns its standard output.
 * @throws PlatformError `SOURCE_UNAVAILABLE` or `SOURCE_REFUSED`: why it failed, or that git cannot be started.
 */
export async function runGit(
  deps: GitCommandDeps,
  args: readonly string[],
  options: RunGitOptions,
): Promise<string> {
  const { confined } = deps;
  const output = createCollector(MAX_OUTPUT_BYTES);
  const errorOutput = createCollector(MAX_ERROR_BYTES);
  const { admit } = options;
  const command = [...limitMemory(deps, admit), 'git', ...listSettings(deps), ...args];
  const cwd = confined?.cwd ?? options.cwd;
  const outcome = await runCommand({
    command: confined === null ? command : await confined.compose(command, admit === undefined),
    cwd,
    env: {
      ...deps.config.gitEnv,
      ...deps.network.env,
      ...confined?.env,
      ...options.env,
      ...composeFixedEnv(deps),
      GIT_CEILING_DIRECTORIES: dirname(cwd),
    },
    signal: deps.signal,
    onOutput: output.push,
    onErrorOutput: errorOutput.push,
    privateInput: renderCredentials(deps.remote),
    admit,
  });
  assertStarted(outcome);
  if (outcome.kind === 'exited' && outcome.exitCode === 0) return output.text();
  throw deps.network.explainFailure() ?? presentGitFailure(errorOutput.text(), deps.remote);
}

function composeFixedEnv({ config }: Pick<GitCommandDeps, 'config'>): Record<string, string> {
  return {
    PATH: config.path,
    // Messages are matched, so they must not be translated.
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
  };
}

/** Programs that start others end with these when there is nothing to start, or nothing that they may start. */
function assertStarted(outcome: CommandOutcome): void {
  const isMissing = outcome.kind === 'exited' && (outcome.exitCode === 126 || outcome.exitCode === 127);
  if (outcome.kind !== 'not-started' && !isMissing) return;
  const reason = outcome.kind === 'not-started' ? outcome.reason : 'it was not found';
  throw new PlatformError('SOURCE_UNAVAILABLE', `git could not be started: ${reason}`, {
    hint: 'Install git on the server, where every user of the machine can run it.',
  });
}

/** A server may list references without end; git keeps them all. */
function limitMemory({ memory }: GitCommandDeps, admit: RunGitOptions['admit']): string[] {
  return memory === null || admit !== undefined
    ? []
    : [memory.prlimit, `--data=${memory.bytes}:${memory.bytes}`, '--'];
}

function listSettings({ remote, network }: GitCommandDeps): string[] {
  const settings: Record<string, string> = {
    'protocol.allow': 'never',
    [remote.kind === 'https' ? 'protocol.https.allow' : 'protocol.file.allow']: 'always',
    'core.hooksPath': '/dev/null',
    'core.attributesFile': '/dev/null',
    'core.fsmonitor': 'false',
    'core.symlinks': 'true',
    'core.autocrlf': 'false',
    'core.protectHFS': 'true',
    'core.protectNTFS': 'true',
    'submodule.recurse': 'false',
    'http.followRedirects': 'initial',
    'http.lowSpeedLimit': String(LOW_SPEED_BYTES_PER_SECOND),
    'http.lowSpeedTime': String(Math.ceil(network.timeoutMs / 1000)),
    'gc.auto': '0',
    'maintenance.auto': 'false',
    'credential.helper': '',
  };
  if (remote.kind === 'https' && remote.credentials !== null) {
    // Bound to the origin: a redirect to another host is not answered.
    settings[`credential.${remote.origin}.helper`] = CREDENTIAL_HELPER;
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function renderCredentials(remote: GitRemote): string | undefined {
  if (remote.kind !== 'https' || remote.credentials === null) return undefined;
  const { username, password } = remote.credentials;
  return `username=${username}\npassword=${password}\n`;
}

function createCollector(maxBytes: number) {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return {
    push: (chunk: Buffer): void => {
      if (sizeBytes < maxBytes) chunks.push(chunk);
      sizeBytes += chunk.length;
    },
    text: (): string => Buffer.concat(chunks).toString('utf8'),
  };
}
