import { setTimeout as sleep } from 'node:timers/promises';
import { createDeploymentRepository, type DeploymentRow, type Store } from '@racetrack-platform/db';
import { isErrorCode, PlatformError } from '@racetrack-platform/errors';

const POLL_INTERVAL_MS = 50;

/**
 * Waits until a deployment is over, whichever replica drives it.
 *
 * @param prefix - put in front of its error.
 * @throws PlatformError with its code when it failed; the signal's reason, which does not end the deployment.
 */
export async function awaitDeployment(
  store: Store,
  id: string,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const row = await createDeploymentRepository(store.db).get(id);
    if (row.status === 'done') return;
    if (row.status === 'failed') throw failure(row, prefix);
    await sleep(POLL_INTERVAL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function failure({ error_code: code, error, hint }: DeploymentRow, prefix: string): PlatformError {
  return new PlatformError(isErrorCode(code) ? code : 'DEPLOYMENT_FAILED', `${prefix}: ${error ?? ''}`, {
    hint: hint ?? 'Look at its build log; what ran before has not changed.',
  });
}
