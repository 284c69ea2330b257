import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../repository.ts';
import { runCommand } from '../steps/run-command.ts';
import { stopInstances } from './stop-instances.ts';

/**
 * Stops the platform of a data directory, then the jobs that still run, and removes the folder.
 *
 * @param dataDir - may be missing.
 * @param report - gets a line for each thing done.
 * @throws Error when the platform does not stop: its data is then left alone.
 */
export async function cleanDataDirectory(dataDir: string, report: (line: string) => void): Promise<void> {
  if (!existsSync(dataDir)) return;
  if (existsSync(path.join(dataDir, 'lock'))) {
    const stop = [path.join(ROOT, 'apps/server/src/main.ts'), 'stop', '--data-dir', dataDir];
    const { code, output } = await runCommand(process.execPath, stop, { cwd: ROOT, output: 'collect' });
    if (code !== 0) throw new Error(output.trim());
    report(output.trim());
  }
  const count = await stopInstances(dataDir);
  if (count > 0) report(`Stopped ${count} processes of jobs that were left running.`);
  await removeFolder(dataDir);
  report(`Removed ${dataDir}.`);
}

/** Environments of jobs are read-only on purpose, which is no obstacle to whoever owns them. */
async function removeFolder(folder: string): Promise<void> {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    await runCommand('chmod', ['-R', 'u+rwX', folder], { cwd: ROOT, output: 'collect' });
    rmSync(folder, { recursive: true, force: true });
  }
}
