import type { Confinement } from '@racetrack-platform/sandbox';

/** What of {@link Confinement} decides how well jobs are kept apart. */
export type IsolationFacts = {
  readonly [Name in 'accounts' | 'namespaces']: Pick<Confinement[Name], 'isAvailable'>;
} & { readonly cgroup: { readonly isAvailable: boolean; readonly version?: 1 | 2 } };

/**
 * Says in one line how well jobs are kept apart from each other and from the platform.
 *
 * @param setting - `RACETRACK_ISOLATION`.
 * @param findFacts - finds out what this machine offers; takes its time, so it is asked only when that matters.
 */
export async function presentIsolation(
  setting: 'auto' | 'off',
  findFacts: () => Promise<IsolationFacts>,
): Promise<string> {
  if (setting === 'off') return 'none, RACETRACK_ISOLATION=off: jobs run as this user; see docs/security.md';
  const { accounts, cgroup, namespaces } = await findFacts();
  const limits = cgroup.isAvailable ? `memory limits by cgroup v${cgroup.version}` : 'memory watched';
  if (!accounts.isAvailable) return `none: jobs run as this user, ${limits}; see docs/security.md`;
  return ['a user number per job', limits, ...(namespaces.isAvailable ? ['namespaces'] : [])].join(', ');
}
