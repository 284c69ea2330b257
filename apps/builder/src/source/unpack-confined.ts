import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { isErrorCode, PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { Workspace } from '../cache/workspace.ts';
import { handOver, sealTree } from '../confinement/seal-tree.ts';
import { runCommand } from '../steps/run-command.ts';

const PROGRAM = fileURLToPath(new URL('unpack-main.ts', import.meta.url));
/** Everything that the program consists of. */
const OWN_FILES = fileURLToPath(new URL('../../../../', import.meta.url));

const failureSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });

/** What the program is told. */
export interface UnpackTask {
  readonly uid: number;
  readonly gid: number;
  readonly targetDir: string;
}

export interface UnpackConfinedDeps {
  readonly request: BuildRequest & { readonly account: NonNullable<BuildRequest['account']> };
  readonly workspace: Workspace;
  readonly path: string;
  readonly signal: AbortSignal;
}

/**
 * Unpacks an uploaded build context in a process under the account of its build, and makes the result root's.
 *
 * @param archivePath - of the archive, which only the builder may be able to read.
 * @param targetDir - an empty directory of the builder's.
 * @throws PlatformError as `unpackArchive` does.
 */
export async function unpackConfined(
  { request, workspace, path, signal }: UnpackConfinedDeps,
  archivePath: string,
  targetDir: string,
): Promise<void> {
  const { account, limits } = request;
  const { confinement, homeDir, tmpDir } = workspace;
  // Of our own code, and read before the program becomes somebody else: starting takes a third of the time with it.
  const { NODE_COMPILE_CACHE: compiled } = process.env;
  const task: UnpackTask = { ...account, targetDir };
  const view = {
    readOnly: [OWN_FILES, process.execPath, ...(compiled === undefined ? [] : [compiled])],
    writable: [targetDir, homeDir, tmpDir],
    temporaryDir: tmpDir,
    cwd: homeDir,
  };
  const said: Buffer[] = [];
  const complaints: Buffer[] = [];
  handOver(targetDir, account);
  await using archive = await open(archivePath);
  const outcome = await runCommand({
    command: await confinement.compose([process.execPath, PROGRAM], view, { takesAccount: true }),
    cwd: homeDir,
    env: { ...workspace.env, PATH: path, ...(compiled !== undefined && { NODE_COMPILE_CACHE: compiled }) },
    signal,
    onOutput: (chunk) => void said.push(chunk),
    onErrorOutput: (chunk) => void complaints.push(chunk),
    privateInput: JSON.stringify(task),
    shared: [archive.fd],
    admit: confinement.admit,
  });
  await workspace.killAll();
  if (outcome.kind !== 'exited' || outcome.exitCode !== 0) {
    throw readFailure(Buffer.concat(said).toString(), Buffer.concat(complaints).toString());
  }
  await sealTree(targetDir, account, { maxBytes: limits.diskBytes, signal });
}

function readFailure(text: string, complaint: string): PlatformError {
  try {
    const { code, message, hint } = failureSchema.parse(JSON.parse(text));
    return new PlatformError(isErrorCode(code) ? code : 'BUILD_FAILED', message, { hint: hint ?? undefined });
  } catch {
    return new PlatformError('BUILD_FAILED', 'the build context could not be unpacked', {
      hint: 'Deploy again; if it happens again, look for lack of memory on the server.',
      cause: complaint,
    });
  }
}
