import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks at all processes; shorter than what any of ours lives. */
const PAUSE_MS = 20;

/** Secrets to look for, by a name for messages. */
export type Secrets = Readonly<Record<string, string>>;

/** A secret where it was found. */
export interface Sighting {
  /** Name of the secret. */
  readonly secret: string;
  /** A path, an address, or a process. */
  readonly place: string;
}

/** Finds secrets in one text or the raw bytes of a file, also in base64 and percent-encoded. */
export function findSecrets(secrets: Secrets, place: string, content: string | Buffer): Sighting[] {
  return Object.entries(secrets)
    .filter(([, value]) => listForms(value).some((form) => content.includes(form)))
    .map(([secret]) => ({ secret, place }));
}

/** Looks at the raw bytes of every file below a directory. */
export async function searchFiles(secrets: Secrets, directory: string): Promise<Sighting[]> {
  const sightings: Sighting[] = [];
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name);
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    sightings.push(...findSecrets(secrets, name, bytes));
  }
  return sightings;
}

/** A look at the command lines and environments of all processes, again and again. */
export interface ProcessWatch {
  /** How often everything was looked at. */
  readonly rounds: number;
  /** Ends it; answers each secret once for each process and place. */
  stop(): Promise<ProcessSighting[]>;
}

export interface ProcessSighting {
  readonly secret: string;
  readonly where: 'cmdline' | 'environ';
  readonly pid: number;
  readonly commandLine: string;
  /** The environment it was seen with, by names alone. */
  readonly variables: readonly string[];
}

/** Watches every process of the machine (Linux); those of other users only as root. */
export function watchProcesses(secrets: Secrets): ProcessWatch {
  const seen = new Map<string, ProcessSighting>();
  const stopped = new AbortController();
  let rounds = 0;
  const running = (async () => {
    while (!stopped.signal.aborted) {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      await Promise.all(pids.map(async (pid) => await lookAt(pid)));
      rounds += 1;
      // Builds get only the processors that nobody else wants.
      await sleep(PAUSE_MS);
    }
  })();

  async function lookAt(pid: string): Promise<void> {
    const [commandLine, environment] = await Promise.all(
      ['cmdline', 'environ'].map(
        async (file) => await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''),
      ),
    );
    const note = (where: 'cmdline' | 'environ', content = ''): void => {
      for (const { secret } of findSecrets(secrets, where, content)) {
        const variables = (environment ?? '').split('\0').map((entry) => entry.split('=')[0] ?? '');
        const shown = (commandLine ?? '').replaceAll('\0', ' ').slice(0, 300);
        const sighting = { secret, where, pid: Number(pid), commandLine: shown, variables };
        seen.set(`${secret} ${where} ${pid} ${shown}`, sighting);
      }
    };
    note('cmdline', commandLine);
    note('environ', environment);
  }

  return {
    get rounds() {
      return rounds;
    },
    async stop() {
      stopped.abort();
      await running;
      return [...seen.values()];
    },
  };
}

function listForms(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '');
  return [...new Set([value, encodeURIComponent(value), base64.slice(0, -1)])];
}
