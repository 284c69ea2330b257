import { readFile } from 'node:fs/promises';
import { messageOf } from '@racetrack-platform/errors';
import { fail, ok, type Check, type CheckGroup } from './check.ts';
import { findPlatform } from './find-platform.ts';
import { isForeign } from './is-foreign.ts';

const ANSWER_LIMIT_MS = 5_000;

/** The platform that runs now, if one does. */
export const platformChecks: CheckGroup = {
  title: 'Running platform',

  async run({ config }) {
    if (await isForeign(config.dataDir)) return [];
    const platform = await findPlatform(config.dataDir);
    if (platform === undefined) return [ok('none runs on this data directory')];
    const { launcherPid, childPids, endpoints } = platform;
    const { lifecycle, pub } = endpoints;
    return [
      ok(await describeProcess('the launcher', launcherPid)),
      ...(await Promise.all(
        childPids.map(async (pid) => ok(await describeProcess(await nameChild(pid), pid))),
      )),
      ...(await Promise.all(
        [lifecycle, pub]
          .flatMap((url) => (url === undefined ? [] : [`${url}/live`, `${url}/ready`]))
          .map(async (url) => await checkAnswer(url)),
      )),
    ];
  },
};

async function checkAnswer(url: string): Promise<Check> {
  const advice = 'The files in logs/ of the data directory say why.';
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    const text = (await response.text()).slice(0, 500);
    return response.ok ? ok(`${url} answers`) : fail(`${url} answers ${response.status}: ${text}`, advice);
  } catch (error) {
    return fail(`${url} does not answer: ${messageOf(error)}`, advice);
  }
}

/** By the program that it runs, where the system tells. */
async function nameChild(pid: number): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (command.includes('/pub/src/main.')) return 'pub';
  return command.includes('/lifecycle/src/main.') ? 'control' : 'a part of the platform';
}

async function describeProcess(what: string, pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const memoryKib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  const memory = memoryKib === undefined ? '' : `, ${Math.round(Number(memoryKib) / 1024)} MiB of memory`;
  return `${what}: process ${pid}${memory}`;
}
