import { resolve } from 'node:path';
import { bundlePlugin, parseSourceDateEpoch } from '@racetrack-platform/plugin-package';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';

const inputSchema = z.object({
  workdir: z.string().min(1).default('.'),
  out: z.string().min(1).optional(),
  outFilename: z.string().min(1).optional(),
  pluginVersion: z.string().min(1).optional(),
});

interface BundleResult {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  /** Of the archive, in hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  readonly files: number;
  readonly warnings: readonly string[];
}

/** `racetrack plugin bundle`: the texts are the original's. */
export const pluginBundleCommand = defineCommand<z.infer<typeof inputSchema>, BundleResult>({
  input: inputSchema,
  async run(context, { workdir, out, outFilename, pluginVersion }) {
    const { io, log } = context;
    const bundled = await bundlePlugin({
      directory: resolve(io.cwd, workdir),
      outDirectory: out === undefined ? undefined : resolve(io.cwd, out),
      outFileName: outFilename,
      version: pluginVersion,
      buildDateMs: parseSourceDateEpoch(io.env['SOURCE_DATE_EPOCH']),
      signal: io.signal,
    });
    const { manifest, path, digest, bytes, fileCount, ignoreFile, warnings } = bundled;
    if (ignoreFile !== undefined) log.info(`ignoring file patterns found in ${ignoreFile}`);
    for (const warning of warnings) log.warn(warning);
    sayResult(context, `plugin ${manifest.name} has been exported to: ${path}`);
    const { name, version } = manifest;
    return { name, version, path, sha256: digest, bytes, files: fileCount, warnings };
  },
  render: () => '',
});
