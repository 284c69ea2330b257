import type { SupervisedRole } from './supervised-role.ts';

/** All roles together may take this long, within what service managers grant (Kubernetes and systemd can be told). */
const TOTAL_LIMIT_MS = 45_000;
/** What is kept of it for each role that comes later. */
const RESERVED_MS = 14_000;

/**
 * Stops roles one after the other, in the order they were started: pub first, which takes no new calls and finishes
 * those under way; only then control, which stops the jobs that answered them.
 *
 * @param roles - in the order of their start.
 * @param forced - aborted when the user does not want to wait any longer: everything is killed at once.
 * @returns whether every role ended by itself.
 */
export async function stopRoles(roles: readonly SupervisedRole[], forced: AbortSignal): Promise<boolean> {
  const killAll = (): void => roles.forEach((role) => role.kill());
  if (forced.aborted) killAll();
  else forced.addEventListener('abort', killAll, { once: true });
  const giveUpAt = Date.now() + TOTAL_LIMIT_MS;
  let isClean = true;
  for (const [index, role] of roles.entries()) {
    const reservedMs = (roles.length - 1 - index) * RESERVED_MS;
    const hasEnded = await role.stop(Math.max(0, giveUpAt - Date.now() - reservedMs));
    isClean &&= hasEnded;
  }
  forced.removeEventListener('abort', killAll);
  return isClean && !forced.aborted;
}
