import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPage, type CodeBlock } from '@racetrack-platform/testing';
import type { Platform } from './platform.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const FILE_FLAG = 'file=';

/** A block of a page that was run. */
export interface RanBlock {
  readonly line: number;
  readonly code: number | null;
  readonly output: string;
  /** Texts that the page promises (`# → TEXT` after a command) and the output does not hold. */
  readonly missing: readonly string[];
}

/**
 * Does what a page of the manual says: writes its files (`file=NAME`) into a folder and runs its commands (`test`), one block
 * after the other, as somebody who is signed in. Pages without files are run in the repository.
 */
export async function runPage(platform: Platform, path: string): Promise<RanBlock[]> {
  const { blocks } = readPage(await readFile(join(REPOSITORY, path), 'utf8'));
  const hasFiles = blocks.some(({ flags }) => flags.some((flag) => flag.startsWith(FILE_FLAG)));
  const cwd = hasFiles ? join(platform.directory, path.replaceAll('/', '-')) : REPOSITORY;
  await mkdir(cwd, { recursive: true });
  const ran: RanBlock[] = [];
  for (const block of blocks) {
    const file = block.flags.find((flag) => flag.startsWith(FILE_FLAG))?.slice(FILE_FLAG.length);
    if (file !== undefined) await writeFile(join(cwd, file), `${block.text}\n`);
    if (block.flags.includes('test')) ran.push(await runBlock(platform, block, cwd));
  }
  return ran;
}

async function runBlock(platform: Platform, block: CodeBlock, cwd: string): Promise<RanBlock> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', block.text], {
    cwd,
    env: {
      ...process.env,
      HOME: platform.directory,
      RACETRACK_CONFIG: join(platform.directory, 'config.yaml'),
      RACETRACK_REMOTE: platform.endpoints.lifecycle,
      PATH: [join(REPOSITORY, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  const promised = [...block.text.matchAll(/# → (.+)$/gm)].map((match) => match[1] ?? '');
  return { line: block.line, code, output, missing: promised.filter((text) => !output.includes(text)) };
}
