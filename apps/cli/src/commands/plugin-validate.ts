import { resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import type { PluginManifest } from '@racetrack-platform/plugin-package';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { renderSize } from '../output/size.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { inspectPlugin } from '../plugins/inspect-plugin.ts';

const inputSchema = z.object({ path: z.string().min(1).default('.') });

interface ValidateResult {
  readonly valid: true;
  readonly path: string;
  readonly warnings: readonly string[];
  readonly manifest: PluginManifest;
  readonly entryPoint: string;
  readonly files: number;
  /** Bytes of all files, unpacked. */
  readonly bytes: number;
  /** Of a ZIP; null for a folder. */
  readonly sha256: string | null;
}

/** `racetrack plugin validate`: works offline, and runs nothing of the plugin. */
export const pluginValidateCommand = defineCommand<z.infer<typeof inputSchema>, ValidateResult>({
  input: inputSchema,
  async run({ io, log }, { path }) {
    const { problems, warnings, manifest, entryPoint, ...sizes } = await inspectPlugin(
      resolve(io.cwd, path),
      io.env,
      io.signal,
    );
    for (const warning of warnings) log.warn(warning);
    if (problems.length > 0 || manifest === undefined || entryPoint === undefined) {
      throw new PlatformError('PLUGIN_INVALID', problems.join('\n'), {
        hint: 'Correct these, one a line; docs/reference/plugin-package.md holds the rules.',
      });
    }
    log.info(`Plugin "${path}" is valid`);
    return { valid: true, path, warnings, manifest, entryPoint, ...sizes };
  },
  render({ manifest, entryPoint, files, bytes, sha256 }, { io }) {
    const { name, version } = manifest;
    const text = `${name} ${version}: ${entryPoint}, ${files} ${files === 1 ? 'file' : 'files'}, ${renderSize(bytes)}\n`;
    return terminalSafe(sha256 === null ? text : `${text}sha256 ${sha256}\n`, io.stdout.isTerminal);
  },
});
