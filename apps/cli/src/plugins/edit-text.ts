import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import type { Io } from '../io.ts';

/** A text that somebody has edited; its file lives until it is disposed of. */
export interface EditedText {
  readonly text: string;
  /** Absolute; in a directory that only its owner can enter. */
  readonly path: string;
  /** Removes the file. */
  discard(): Promise<void>;
}

/**
 * Opens a text in the editor of `VISUAL` or `EDITOR`, else `vi`, and waits until it is closed.
 *
 * @param fileName - tells the editor what kind of text it is.
 * @throws PlatformError `USAGE` away from a terminal, or when the editor fails; nothing is left then.
 */
export async function editText(
  io: Pick<Io, 'stdin' | 'env'>,
  fileName: string,
  before: string,
): Promise<EditedText> {
  if (io.stdin.kind !== 'terminal') {
    throw new PlatformError('USAGE', 'there is no terminal to edit on', {
      hint: 'Use config get, change the text, and config set --file.',
    });
  }
  const [command = 'vi', ...args] = (io.env['VISUAL'] || io.env['EDITOR'] || 'vi').trim().split(/\s+/);
  const directory = await mkdtemp(join(tmpdir(), 'racetrack-edit-'));
  const path = join(directory, fileName);
  const discard = async (): Promise<void> => await rm(directory, { recursive: true, force: true });
  try {
    await writeFile(path, before, { mode: 0o600 });
    const editor = spawn(command, [...args, path], { stdio: 'inherit', env: { ...io.env } });
    const [exitCode] = (await once(editor, 'exit')) as [number | null];
    if (exitCode !== 0) throw new Error(`it ended with ${exitCode ?? 'a signal'}`);
    return { text: await readFile(path, 'utf8'), path, discard };
  } catch (cause) {
    await discard();
    throw new PlatformError(
      'USAGE',
      `the editor ${JSON.stringify(command)} could not be used; nothing was changed`,
      {
        hint: 'Set EDITOR to one that is installed.',
        cause,
      },
    );
  }
}
