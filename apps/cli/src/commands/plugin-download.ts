import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';
import { showTransfer } from '../plugins/show-transfer.ts';
import { writeWholeFile } from '../plugins/write-whole-file.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  outDir: z.string().min(1).default('.'),
  outFilename: z.string().min(1).optional(),
  remote: z.string().optional(),
});

interface DownloadResult {
  /** Absolute. */
  readonly path: string;
  /** In hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** `racetrack plugin download`: the file appears as a whole or not at all. */
export const pluginDownloadCommand = defineCommand<z.infer<typeof inputSchema>, DownloadResult>({
  input: inputSchema,
  async run(context, { name, version, outDir, outFilename, remote }) {
    const { io } = context;
    const path = await choosePath(resolve(io.cwd, outDir), outFilename ?? `${name}-${version}.zip`);
    const { client } = await openSession(context, remote);
    const data = await client.downloadPlugin(name, version, {
      signal: io.signal,
      onReceived: showTransfer(context, 'downloading'),
    });
    await writeWholeFile(path, data);
    const sha256 = createHash('sha256').update(data).digest('hex');
    context.log.clearStatus();
    sayResult(context, `Downloaded installed plugin as ${path}`);
    sayResult(context, `sha256 ${sha256}`);
    return { path, sha256, bytes: data.length };
  },
  render: () => '',
});

async function choosePath(directory: string, fileName: string): Promise<string> {
  if (basename(fileName) !== fileName || fileName === '..') {
    throw new PlatformError('USAGE', `${JSON.stringify(fileName)} is not the name of a file`, {
      hint: 'Name the directory with --out-dir, and the file with --out-filename.',
    });
  }
  const status = await stat(directory).catch(() => undefined);
  if (status?.isDirectory() === true) return resolve(directory, fileName);
  throw new PlatformError('USAGE', `there is no directory ${directory}`, {
    hint: 'Create it, or name another one with --out-dir.',
  });
}
