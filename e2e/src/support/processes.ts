import { readdir, readFile } from 'node:fs/promises';

/** A running process, as far as tests care. */
export interface RunningProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly commandLine: string;
}

/** All processes that mention a text in their command line or environment, such as a data directory. Linux only. */
export async function findProcesses(text: string): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => await readProcess(pid, text)));
  return found.filter((process) => process !== undefined);
}

async function readProcess(pid: string, text: string): Promise<RunningProcess | undefined> {
  try {
    const [commandLine, environment, status] = await Promise.all(
      ['cmdline', 'environ', 'status'].map(async (file) => await readFile(`/proc/${pid}/${file}`, 'utf8')),
    );
    if (!commandLine?.includes(text) && !environment?.includes(text)) return undefined;
    const ppid = Number(/^PPid:\s+(\d+)/m.exec(status ?? '')?.[1]);
    return { pid: Number(pid), ppid, commandLine: (commandLine ?? '').replaceAll('\0', ' ').trim() };
  } catch {
    return undefined;
  }
}
