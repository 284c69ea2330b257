import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { readFlag, readPage, type CodeBlock } from '@racetrack-platform/testing';
import type { Platform } from './platform.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** A block of a page that was run. */
export interface RanBlock {
  readonly line: number;
  readonly output: string;
  /** Its exit code, when that is not what the page lets expect; texts that it promises and that are not in the output. */
  readonly problems: readonly string[];
}

interface PageOptions {
  /** @defaultValue a folder of the page's own when it has files, else the repository */
  readonly cwd?: string;
  /** Variables that the page takes for granted. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Does what a page of the manual says: writes its files (`file=NAME`) into a folder and runs its commands (`test`), one block
 * after the other, as somebody who is signed in. As in one terminal, a block begins in the folder where the one before it ended.
 *
 * Commands promise parts of their output (`→ TEXT` at the end of a comment). A block that shows a failure is marked `fails`;
 * what somebody types at a question, such as a password, is `typed="TEXT"`.
 */
export async function runPage(
  platform: Platform,
  path: string,
  options: PageOptions = {},
): Promise<RanBlock[]> {
  const { blocks } = readPage(await readFile(join(REPOSITORY, path), 'utf8'));
  const hasFiles = blocks.some((block) => readFlag(block, 'file') !== undefined);
  let cwd = options.cwd ?? (hasFiles ? join(platform.directory, path.replaceAll('/', '-')) : REPOSITORY);
  await mkdir(cwd, { recursive: true });
  const env = { ...composeEnvironment(platform), ...options.env };
  const ran: RanBlock[] = [];
  for (const block of blocks) {
    const file = readFlag(block, 'file');
    if (file !== undefined) await writeFile(join(cwd, file), `${block.text}\n`);
    if (!block.flags.includes('test')) continue;
    const { endedIn, ...result } = await runBlock(block, cwd, env);
    ran.push(result);
    cwd = endedIn;
  }
  return ran;
}

function composeEnvironment(platform: Platform): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOME: platform.directory,
    RACETRACK_CONFIG: join(platform.directory, 'config.yaml'),
    RACETRACK_REMOTE: platform.endpoints.lifecycle,
    PATH: [join(REPOSITORY, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
  };
}

async function runBlock(
  block: CodeBlock,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<RanBlock & { readonly endedIn: string }> {
  const script = `trap 'pwd -P >&3' EXIT\nexec 2>&1\n${block.text}`;
  const typed = readFlag(block, 'typed');
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env,
    stdio: [typed === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit', 'pipe'],
  });
  child.stdin?.end(`${typed}\n`);
  const [output, endedIn, [code]] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stdio[3] as Readable),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  const promised = [...block.text.matchAll(/#.*?→ (.+)$/gm)].map(([, part = '']) => part);
  const problems = promised.filter((part) => !output.includes(part)).map((part) => `does not print ${part}`);
  if (block.flags.includes('fails') === (code === 0)) problems.unshift(`ends with exit code ${code}`);
  return { line: block.line, output, problems, endedIn: endedIn.trim() || cwd };
}
