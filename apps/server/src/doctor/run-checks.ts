import { messageOf, PlatformError, scrub } from '@racetrack-platform/errors';
import { componentChecks } from './check-components.ts';
import { dataDirectoryChecks } from './check-data-directory.ts';
import { limitChecks } from './check-limits.ts';
import { platformChecks } from './check-platform.ts';
import { portChecks } from './check-ports.ts';
import { storeChecks } from './check-store.ts';
import { fail, type Check, type CheckGroup, type DoctorContext } from './check.ts';

const GROUPS: readonly CheckGroup[] = [
  componentChecks,
  portChecks,
  dataDirectoryChecks,
  storeChecks,
  limitChecks,
  platformChecks,
];

/** The checks of one group. */
export interface CheckedGroup {
  readonly title: string;
  readonly checks: readonly Check[];
}

/**
 * Runs all checks; a group that has nothing to say is left out. One that fails in a way nobody thought of is a finding
 * itself, and no reason to stop.
 */
export async function runChecks(context: DoctorContext): Promise<CheckedGroup[]> {
  const groups = await Promise.all(
    GROUPS.map(async (group) => ({
      title: group.title,
      checks: (await runGroup(group, context)).map(scrubCheck),
    })),
  );
  return groups.filter(({ checks }) => checks.length > 0);
}

async function runGroup(group: CheckGroup, context: DoctorContext): Promise<Check[]> {
  try {
    return await group.run(context);
  } catch (error) {
    return [
      fail(`could not be checked: ${messageOf(error)}`, PlatformError.is(error) ? error.hint : undefined),
    ];
  }
}

function scrubCheck({ status, text, advice }: Check): Check {
  return advice === undefined
    ? { status, text: scrub(text) }
    : { status, text: scrub(text), advice: scrub(advice) };
}
