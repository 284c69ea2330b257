import { readFile } from 'node:fs/promises';
import { describeConfinement, detectConfinement } from '@racetrack-platform/sandbox';
import { checkReach } from '../files/check-reach.ts';
import { fail, ok, warn, type Check, type CheckGroup } from './check.ts';

/** Each connection of a caller and each to a job is an open file. */
const COMFORTABLE_OPEN_FILES = 4_096;

/** What is in force on this machine: how well jobs are kept apart, and what the system grants us. */
export const limitChecks: CheckGroup = {
  title: 'Isolation and limits',

  async run({ config }) {
    const refusal = await checkReach(config);
    return [
      ...(refusal === undefined ? [] : [fail(refusal.message, refusal.hint)]),
      ...(await checkIsolation(config.isolation)),
      ...(await checkSystemLimits()),
    ];
  },
};

async function checkIsolation(isolation: 'auto' | 'off'): Promise<Check[]> {
  if (isolation === 'off') {
    return [
      warn(
        'RACETRACK_ISOLATION=off: jobs run as the user of the platform',
        'Leave it out, unless you trust every job.',
      ),
    ];
  }
  const lines = describeConfinement(await detectConfinement());
  return lines.map(({ isInForce, text, remedy }) => (isInForce ? ok(text) : warn(text, remedy ?? undefined)));
}

async function checkSystemLimits(): Promise<Check[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  if (limits === '') return [];
  const openFiles = readLimit(limits, 'Max open files');
  const watches = (await readFile('/proc/sys/fs/inotify/max_user_watches', 'utf8').catch(() => '')).trim();
  return [
    openFiles < COMFORTABLE_OPEN_FILES
      ? warn(
          `at most ${openFiles} open files for each process`,
          'Raise it: ulimit -n, or LimitNOFILE= of the service.',
        )
      : ok(
          `at most ${present(openFiles)} open files, ${present(readLimit(limits, 'Max processes'))} processes of this user`,
        ),
    ...(readLimit(limits, 'Max core file size') === 0
      ? []
      : [
          warn(
            'a crash may write the memory of the server, keys included, to a file',
            'Forbid it: ulimit -c 0, or LimitCORE=0 of the service.',
          ),
        ]),
    ...(watches === '' ? [] : [ok(`at most ${watches} watched files`)]),
  ];
}

/** The soft limit; Node raises its own to the hard one. */
function readLimit(limits: string, name: string): number {
  const text = limits.split('\n').find((line) => line.startsWith(name)) ?? '';
  const value = text.slice(name.length).trim().split(/\s+/)[0];
  return value === undefined || value === 'unlimited' ? Infinity : Number(value);
}

function present(limit: number): string {
  return limit === Infinity ? 'any number of' : String(limit);
}
