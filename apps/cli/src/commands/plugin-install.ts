import { openAsBlob } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LifecycleClient } from '@racetrack-platform/client';
import { scrub } from '@racetrack-platform/errors';
import { fetchPlugin } from '@racetrack-platform/plugin-package';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';
import { showTransfer } from '../plugins/show-transfer.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  pluginUri: z.string().min(1),
  replace: z.boolean().default(false),
  remote: z.string().optional(),
});
type InstallInput = z.infer<typeof inputSchema>;

interface InstallResult {
  readonly name: string;
  readonly version: string;
  /** Of the ZIP, in hexadecimal; null for a plugin of the platform. */
  readonly sha256: string | null;
  /** Of the ZIP that was installed under the same name and version before; null when there was none. */
  readonly previousSha256: string | null;
  /** Where it was taken from. */
  readonly source: string;
}

/** Stands before the name of a plugin that comes with the platform; those are with the server already. */
const BUNDLED = /^bundled:/;

/** `racetrack plugin install`: this machine fetches the ZIP, the server needs no way to where it is from. */
export const pluginInstallCommand = defineCommand<InstallInput, InstallResult>({
  input: inputSchema,
  async run(context, { pluginUri, replace, remote: option }) {
    const { client, remote } = await openSession(context, option);
    const server = scrub(remote.url);
    const installed = BUNDLED.test(pluginUri)
      ? await takeBack(context, client, { uri: pluginUri, replace })
      : await fetchAndUpload(context, client, { uri: pluginUri, replace }, server);
    context.log.clearStatus();
    sayOutcome(context, installed, server);
    return installed;
  },
  render: () => '',
});

function sayOutcome(
  context: CommandContext,
  { name, version, sha256, previousSha256 }: InstallResult,
  server: string,
): void {
  const isReplaced = previousSha256 !== null && previousSha256 !== sha256;
  if (previousSha256 !== null && !isReplaced) {
    sayResult(context, `Plugin ${name} ${version} is already installed at ${server}, nothing changed in it`);
  } else {
    const done = isReplaced ? 'replaced at' : 'installed to';
    sayResult(context, `Plugin ${name} ${version} has been ${done} ${server}`);
  }
  if (sha256 !== null) sayResult(context, `sha256 ${isReplaced ? `${previousSha256} -> ${sha256}` : sha256}`);
}

/** What is there before; only for what is said afterwards, so that it may fail. */
async function readDigests(
  client: LifecycleClient,
  signal: AbortSignal,
): Promise<(name: string, version: string) => string | null> {
  const { plugins } = await client.listPlugins({ signal }).catch(() => ({ plugins: [] }));
  return (name, version) =>
    plugins.find(({ manifest }) => manifest.name === name && manifest.version === version)?.digest ?? null;
}

interface Wanted {
  readonly uri: string;
  readonly replace: boolean;
}

async function takeBack(
  { io }: CommandContext,
  client: LifecycleClient,
  wanted: Wanted,
): Promise<InstallResult> {
  const { name, version } = await client.installPlugin(wanted, { signal: io.signal });
  return { name, version, sha256: null, previousSha256: null, source: wanted.uri };
}

async function fetchAndUpload(
  context: CommandContext,
  client: LifecycleClient,
  { uri, replace }: Wanted,
  server: string,
): Promise<InstallResult> {
  const { io, log } = context;
  const directory = await mkdtemp(join(tmpdir(), 'racetrack-plugin-'));
  try {
    const showDownload = showTransfer(context, 'downloading');
    const fetched = await fetchPlugin(uri, {
      directory,
      localFilesFrom: io.cwd,
      // As with other variables, an empty one counts as none.
      githubApi: io.env['RACETRACK_GITHUB_API'] || undefined,
      githubToken: io.env['GITHUB_TOKEN'] || undefined,
      onProgress: ({ bytes, totalBytes }) => showDownload(bytes, totalBytes),
      onNote: (text) => log.info(text),
      signal: io.signal,
    });
    log.info(`Uploading plugin ${scrub(uri)} to ${server}`);
    const digestBefore = await readDigests(client, io.signal);
    const showUpload = showTransfer(context, 'uploading');
    const archive = await openAsBlob(fetched.path);
    const { name, version } = await client.uploadPlugin(fetched.fileName, archive, replace, {
      signal: io.signal,
      onSent: (bytes) => {
        showUpload(bytes, fetched.bytes);
        if (bytes === fetched.bytes) log.setStatus('the server is installing it');
      },
    });
    const previousSha256 = digestBefore(name, version);
    return { name, version, sha256: fetched.digest, previousSha256, source: fetched.source };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
