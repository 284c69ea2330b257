import { spawn } from 'node:child_process';

/**
 * Waits for a line on standard input. When there is none, whoever started the job is gone without a word: it asks the
 * job's processes to end, kills them two seconds later, and removes the run's directory. A shell is everywhere, and
 * costs a megabyte. The text is fixed; values are arguments.
 */
const GUARD = `
read -r word && exit 0
kill -TERM "-$1" 2>/dev/null
left=20
while [ "$left" -gt 0 ] && kill -0 "-$1" 2>/dev/null; do
  sleep 0.1
  left=$((left - 1))
done
kill -KILL "-$1" 2>/dev/null
rm -rf -- "$2"
`;

/** Stands by until it is told that all went well. */
export interface Guard {
  /** Nothing is left to be ended. */
  dismiss(): void;
}

/**
 * Makes sure that a process group ends with us, also when we are killed.
 *
 * @param group - number of the group.
 * @param runDir - removed then, too.
 */
export function guardProcess(group: number, runDir: string): Guard {
  const child = spawn('/bin/sh', ['-c', GUARD, 'racetrack-dev-guard', String(group), runDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  return { dismiss: () => void child.stdin?.end('done\n') };
}
