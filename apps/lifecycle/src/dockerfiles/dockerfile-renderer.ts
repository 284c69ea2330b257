import type {
  ImageDefinition,
  RenderAnswer,
  RenderedImage,
  RenderRequest,
} from '@racetrack-platform/contracts';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isInside } from '@racetrack-platform/sandbox';
import { isErrorCode, PlatformError } from '@racetrack-platform/errors';
import { runRenderer } from './run-renderer.ts';

/** Each takes a processor. */
const MAX_RUNNING = 2;
/** Further ones wait; a person who asks for more than this is no person. */
const MAX_WAITING = 30;

/** Makes and checks Dockerfiles, a few at a time. */
export interface DockerfileRenderer {
  /**
   * @returns what a container target builds, the entry point first.
   * @throws PlatformError `TEMPLATE_INVALID` with file and line, `PLUGIN_INVALID`, `SOURCE_UNAVAILABLE`,
   *   `BAD_REQUEST`, `SERVER_BUSY`.
   */
  render(
    request: Omit<Extract<RenderRequest, { operation: 'render' }>, 'operation'>,
    signal?: AbortSignal,
  ): Promise<readonly RenderedImage[]>;
  /**
   * Looks for mistakes in the templates of a plugin, and for Dockerfiles that are not there. It needs no values.
   *
   * @param pluginDir - absolute.
   * @throws PlatformError `TEMPLATE_INVALID` with file and line, `PLUGIN_INVALID`, `SERVER_BUSY`; for the first mistake.
   */
  check(pluginDir: string, images: readonly ImageDefinition[], signal?: AbortSignal): Promise<void>;
}

/** Longer files are left to the other process. */
const MAX_PLAIN_BYTES = 100_000;
/** A template ends by itself after about a second; the rest is for several of them, and for a busy machine. */
const TIMEOUT_MS = 15_000;

/** @param deps - `env`: of the processes that do the work; `timeoutMs`: for one of them, 15 s by default. */
export function createDockerfileRenderer(deps: {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}): DockerfileRenderer {
  const { env, timeoutMs = TIMEOUT_MS } = deps;
  const waiting: (() => void)[] = [];
  let running = 0;

  async function takeTurn(): Promise<void> {
    if (running < MAX_RUNNING) {
      running += 1;
      return;
    }
    if (waiting.length >= MAX_WAITING) {
      throw new PlatformError('SERVER_BUSY', 'too many Dockerfiles are being rendered', {
        hint: 'Try again in a few seconds.',
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  /** The turn goes to whoever has waited longest. */
  function passOn(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  async function run(request: RenderRequest, signal?: AbortSignal): Promise<readonly RenderedImage[]> {
    await takeTurn();
    try {
      return takeImages(await runRenderer(request, { env, timeoutMs, signal }));
    } finally {
      passOn();
    }
  }

  return {
    render: async (request, signal) => await run({ ...request, operation: 'render' }, signal),
    async check(pluginDir, images, signal) {
      if (await holdsNoTags(pluginDir, images)) return;
      await run({ operation: 'check', images: [...images], pluginDir }, signal);
    },
  };
}

function takeImages(answer: RenderAnswer): readonly RenderedImage[] {
  if (answer.type === 'images') return answer.images;
  const code = isErrorCode(answer.code) ? answer.code : 'BUILD_FAILED';
  throw new PlatformError(code, answer.message, { hint: answer.hint ?? undefined });
}

/**
 * Without a tag there is nothing to check, so that most plugins are installed without another process. What lies outside
 * of the plugin, also by way of links, is left to that one to refuse.
 */
async function holdsNoTags(pluginDir: string, images: readonly ImageDefinition[]): Promise<boolean> {
  const files = images.flatMap(({ source, dockerfilePath, baseDockerfilePath }) => [
    ...(source === 'jobtype' ? [dockerfilePath] : []),
    ...(baseDockerfilePath === null ? [] : [baseDockerfilePath]),
  ]);
  for (const file of files) {
    const path = await realpath(join(pluginDir, file)).catch(() => undefined);
    if (path === undefined || !isInside(path, await realpath(pluginDir))) return false;
    const status = await stat(path).catch(() => undefined);
    if (status?.isFile() !== true || status.size > MAX_PLAIN_BYTES) return false;
    if (/\{[{%#]/.test(await readFile(path, 'utf8'))) return false;
  }
  return true;
}
