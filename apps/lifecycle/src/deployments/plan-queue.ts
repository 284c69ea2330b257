import type { WaitingDeployment } from '@racetrack-platform/db';

/**
 * The order in which waiting deployments get a place: always of whoever has the fewest being driven, and of those the
 * oldest. A forecast, for it takes those that are driven to end in the order in which they came.
 *
 * @param waiting - oldest first.
 * @param running - the subjects of the deployments being driven, oldest first.
 */
export function planQueue<T extends Pick<WaitingDeployment, 'subject_id'>>(
  waiting: readonly T[],
  running: readonly string[],
): T[] {
  const left = [...waiting];
  const driven = [...running];
  const order: T[] = [];
  while (left.length > 0) {
    driven.shift();
    const counts = left.map(({ subject_id: id }) => driven.filter((subject) => subject === id).length);
    const next = left.splice(counts.indexOf(Math.min(...counts)), 1);
    order.push(...next);
    driven.push(...next.map(({ subject_id: id }) => id));
  }
  return order;
}
