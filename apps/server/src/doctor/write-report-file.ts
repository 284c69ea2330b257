import { open, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import type { DoctorContext } from './check.ts';
import { createRedactor } from './redact.ts';

const TAIL_BYTES = 64 * 1024;
const TAIL_LINES = 200;

/**
 * Writes one text file to send to somebody who helps: the findings and the last lines of the logs, without secrets.
 *
 * @param file - must not exist yet; readable by its owner alone.
 * @param findings - as printed.
 * @throws {@link PlatformError} `ALREADY_EXISTS`, or `CONFIG_INVALID` when it cannot be written.
 */
export async function writeReportFile(file: string, findings: string, context: DoctorContext): Promise<void> {
  const { config, env, version } = context;
  const redact = createRedactor(config.dataDir, env);
  const head = `Report of Racetrack doctor ${version}, ${new Date().toISOString()}\n\n`;
  const text = redact(`${head}${findings}${await readLogs(path.join(config.dataDir, 'logs'))}`);
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new PlatformError('ALREADY_EXISTS', `${file} exists already`, {
        hint: 'Choose another name for the report.',
      });
    }
    throw new PlatformError(
      'CONFIG_INVALID',
      `the report cannot be written to ${file}: ${messageOf(error)}`,
      {
        hint: 'Choose another place with --report.',
      },
    );
  }
}

async function readLogs(folder: string): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.log')).sort();
  const tails = await Promise.all(
    names.map(async (name) => {
      const tail = await readTail(path.join(folder, name)).catch((error: unknown) => messageOf(error));
      return `\n\n--- last lines of ${name} ---\n${tail}`;
    }),
  );
  return tails.join('');
}

async function readTail(file: string): Promise<string> {
  const { size } = await stat(file);
  const start = Math.max(0, size - TAIL_BYTES);
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - start), position: start });
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    // The first line is cut off wherever the tail happens to begin.
    return lines
      .slice(start === 0 ? 0 : 1)
      .slice(-TAIL_LINES)
      .join('\n');
  } finally {
    await handle.close();
  }
}
