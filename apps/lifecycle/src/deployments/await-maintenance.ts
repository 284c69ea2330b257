import { setTimeout as sleep } from 'node:timers/promises';
import type { DeploymentPhase } from '@racetrack-platform/contracts';
import { findMaintenance } from '../settings/maintenance.ts';
import type { DeploymentRun } from './deployment-context.ts';

const POLL_INTERVAL_MS = 1_000;
const WORDS = 'waiting for the end of maintenance mode';

/** Before any of these, nothing of the deployment runs. */
const UNPROVISIONED: ReadonlySet<DeploymentPhase> = new Set(['accepted', 'source', 'build', 'launch']);

/**
 * Lets a deployment wait that would go on towards provisioning in maintenance mode, and says so in its phase; Racetrack
 * 2.36 has it fail there. A build under way is let end, and what has instances already goes on to its end: to stop
 * half-way would be worse than either. It can be cancelled meanwhile.
 *
 * @throws the signal's reason.
 */
export async function awaitEndOfMaintenance(run: DeploymentRun): Promise<void> {
  if (!UNPROVISIONED.has(run.row.step) || run.row.deployment_timestamp !== null) return;
  while (await isInForce(run)) await sleep(POLL_INTERVAL_MS, undefined, { signal: run.signal });
  // Also when a driver before us had written it.
  if (run.row.phase?.startsWith(WORDS) === true) await run.advance({ phase: null });
}

async function isInForce(run: DeploymentRun): Promise<boolean> {
  const { isOn, message } = await run.outlast(async () => await findMaintenance(run.deps.store.db));
  const phase = message === undefined ? WORDS : `${WORDS}: ${message}`;
  if (isOn && run.row.phase !== phase) await run.advance({ phase });
  return isOn;
}
