import type { Logger } from 'pino';
import { messageOf } from '@racetrack-platform/errors';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import type { InfrastructureTarget } from '@racetrack-platform/plugin-sdk';

/** What jobs have after SIGTERM when the platform stops; pub has finished its calls before. */
const GRACE_MS = 5_000;
const TIMEOUT_MS = 20_000;
/** For the first answer of a target; one that takes longer is given up. */
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Stops every instance on this host without giving it up: the rows stay, so that the next start brings the jobs back.
 * What cannot be stopped in time is left to the next start, which finds it running. Asks the targets, not the store,
 * which may be away. What runs elsewhere does not end with this process.
 */
export async function stopInstances(deps: {
  readonly host: PluginHost;
  readonly logger: Logger;
}): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const targets = deps.host.targets().filter(({ scope }) => scope === 'host');
  await Promise.all(
    targets.map(async ({ name }) => await stopAll(deps.host.target(name), deps.logger, signal)),
  );
}

async function stopAll(target: InfrastructureTarget, logger: Logger, signal: AbortSignal): Promise<void> {
  try {
    const answering = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    const instances = await target.observeAll(answering);
    await Promise.all(
      instances.map(async ({ instanceId }) => await stop(target, instanceId, logger, signal)),
    );
  } catch (error) {
    logger.warn({ target: target.name, reason: messageOf(error) }, 'instances could not be stopped');
  }
}

async function stop(
  target: InfrastructureTarget,
  instanceId: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  try {
    await target.remove(instanceId, { gracePeriodMs: GRACE_MS, keepOutput: true }, signal);
  } catch (error) {
    logger.warn({ instance: instanceId, reason: messageOf(error) }, 'an instance could not be stopped');
  }
}
