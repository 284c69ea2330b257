import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { messageOf, PlatformError } from '@racetrack-platform/errors';

export const PASSPHRASE_VARIABLE = 'RACETRACK_BACKUP_PASSPHRASE';
const LEAST_CHARACTERS = 12;
const MAX_BYTES = 4096;
const WAYS = `Type it at the prompt, name a file with --passphrase-file, or set ${PASSPHRASE_VARIABLE}.`;

export interface PassphraseSources {
  /** Its first line is the passphrase. */
  readonly file: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether it is a new one, which has to be long enough and is asked for twice. */
  readonly isNew: boolean;
}

/**
 * Finds the passphrase of a backup: in a file, in the environment, or by asking at the terminal. It is never an argument,
 * which every user of the machine could read.
 *
 * @throws PlatformError `USAGE` when there is none, or a new one that is too short.
 */
export async function readPassphrase({ file, env, isNew }: PassphraseSources): Promise<string> {
  const given = file === undefined ? env[PASSPHRASE_VARIABLE] : await readFirstLine(file);
  const passphrase = given === undefined || given === '' ? await ask(isNew) : given;
  if (isNew && passphrase.length < LEAST_CHARACTERS) {
    throw new PlatformError('USAGE', `the passphrase has less than ${LEAST_CHARACTERS} characters`, {
      hint: 'Take a longer one: whoever has the file can try passphrases as long as they like.',
    });
  }
  return passphrase;
}

async function readFirstLine(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new PlatformError('USAGE', `the passphrase file cannot be read: ${messageOf(error)}`, {
      hint: WAYS,
    });
  }
  const [line = ''] = bytes.length > MAX_BYTES ? [] : bytes.toString('utf8').split(/\r?\n/, 1);
  if (line !== '') return line;
  throw new PlatformError('USAGE', `the first line of ${path} is no passphrase`, { hint: WAYS });
}

async function ask(isNew: boolean): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new PlatformError('USAGE', 'a backup needs a passphrase, and there is no terminal to ask at', {
      hint: WAYS,
    });
  }
  const passphrase = await askOnce('Passphrase of the backup: ');
  if (isNew && passphrase !== (await askOnce('Once more: '))) {
    throw new PlatformError('USAGE', 'the two passphrases differ', { hint: 'Start again.' });
  }
  return passphrase;
}

/** What is typed is not shown. */
async function askOnce(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once('line', resolve);
      terminal.once('SIGINT', () =>
        reject(new PlatformError('USAGE', 'no passphrase was given', { hint: WAYS })),
      );
      terminal.once('close', () =>
        reject(new PlatformError('USAGE', 'no passphrase was given', { hint: WAYS })),
      );
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
