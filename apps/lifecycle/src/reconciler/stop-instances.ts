import type { Logger } from 'pino';
import { createInstanceRepository, type Store } from '@racetrack-platform/db';
import { messageOf } from '@racetrack-platform/errors';
import type { PluginHost } from '@racetrack-platform/plugin-engine';

/** What jobs have after SIGTERM when the platform stops; pub has finished its calls before. */
const GRACE_MS = 5_000;
const TIMEOUT_MS = 20_000;

/**
 * Stops every instance without giving it up: the rows stay, so that the next start brings the jobs back. What cannot
 * be stopped in time is left to the next start, which finds it running.
 */
export async function stopInstances(deps: {
  readonly store: Store;
  readonly host: PluginHost;
  readonly logger: Logger;
}): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const instances = await createInstanceRepository(deps.store.db).list();
  await Promise.all(
    instances.map(async (instance) => {
      try {
        await deps.host
          .target(instance.target)
          .remove(instance.id, { gracePeriodMs: GRACE_MS, keepOutput: true }, signal);
      } catch (error) {
        deps.logger.warn(
          { instance: instance.id, reason: messageOf(error) },
          'an instance could not be stopped',
        );
      }
    }),
  );
}
