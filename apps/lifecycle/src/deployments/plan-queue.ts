import type { WaitingDeployment } from '@racetrack-platform/db';

/**
 * The order in which waiting deployments get a place: always of whoever has the fewest being driven, and of those the
 * oldest. Whoever has some does not get the last free place, unless it is the only one: a newcomer need not wait for
 * the builds of one other. A forecast, for it takes those that are driven to end in the order in which they came.
 *
 * @param waiting - oldest first.
 * @param running - the subjects of the deployments being driven, oldest first.
 * @param placeCount - how many may be driven at once.
 */
export function planQueue<T extends Pick<WaitingDeployment, 'subject_id'>>(
  waiting: readonly T[],
  running: readonly string[],
  placeCount: number,
): T[] {
  const left = [...waiting];
  const driven = [...running];
  const order: T[] = [];
  while (left.length > 0) {
    const counts = left.map(({ subject_id: id }) => driven.filter((subject) => subject === id).length);
    const fewest = Math.min(...counts);
    const isTaken = isLastPlace(driven.length, placeCount) && fewest > 0;
    if (isTaken || driven.length >= placeCount) {
      driven.shift();
      continue;
    }
    const next = left.splice(counts.indexOf(fewest), 1);
    order.push(...next);
    driven.push(...next.map(({ subject_id: id }) => id));
  }
  return order;
}

/** Whether the only place that is free is the one that is kept for newcomers. */
export function isLastPlace(runningCount: number, placeCount: number): boolean {
  return placeCount > 1 && runningCount === placeCount - 1;
}
