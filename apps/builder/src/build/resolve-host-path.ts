import { realpathSync, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { findForeign, findImpassable, isInside } from '@racetrack-platform/sandbox';

/** Bits of a mode that are everybody's. */
const READ = 0o004;
const PASS = 0o001;

export type HostPathTerms = Pick<
  BuildRequest,
  'account' | 'tools' | 'pluginDir' | 'hiddenDirs' | 'trustsHostPaths' | 'jobType'
>;

/**
 * Finds a path that a plan says its steps read, if they may: nothing of the platform's data but the plugin's own folder,
 * and for a plugin that is not trusted nothing that root would have to open for them.
 *
 * @param hostPath - of the plan.
 * @returns with links followed.
 * @throws PlatformError `PLUGIN_FAILED` naming the path.
 */
export async function resolveHostPath(request: HostPathTerms, hostPath: string): Promise<string> {
  const refuse = (reason: string): PlatformError =>
    new PlatformError('PLUGIN_FAILED', `job type ${request.jobType} wants to read ${hostPath}, ${reason}`, {
      hint: 'Ask whoever runs the server: builds read the folder of the plugin, and what every user of the machine can read.',
    });
  const path = isAbsolute(hostPath) ? await realpath(hostPath).catch(() => undefined) : undefined;
  if (path === undefined) throw refuse('which is not there');
  if (isInside(path, await realpath(request.pluginDir))) return path;
  const hidden = await Promise.all(
    request.hiddenDirs.map(async (directory) => await realpath(directory).catch(() => directory)),
  );
  if (hidden.some((directory) => isInside(path, directory) || isInside(directory, path))) {
    throw refuse("which holds the platform's data or is part of it");
  }
  if (!request.trustsHostPaths) assertPublic(path, request.tools, refuse);
  return path;
}

/** The path may change as long as it is used, so it must be in nobody's hands. */
function assertPublic(
  path: string,
  tools: BuildRequest['tools'],
  refuse: (reason: string) => PlatformError,
): void {
  const needed = statSync(path).isDirectory() ? READ | PASS : READ;
  if ((statSync(path).mode & needed) !== needed || findImpassable(path).length > 0) {
    throw refuse('which not every user of the machine can read');
  }
  // Whoever can change our own runtime needs no plan for it.
  const isRuntime = isInside(path, dirname(realpathSync(process.execPath)));
  const foreign = isRuntime ? undefined : findForeign(path);
  if (foreign !== undefined) throw refuse(`where ${foreign} is somebody else's to change`);
  if (tools?.alwaysHidden.some((directory) => isInside(directory, path)) === true) {
    throw refuse('of which builds see nothing');
  }
}
