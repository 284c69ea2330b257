import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { InfrastructureTarget, LaunchRequest, Plugin } from '@racetrack-platform/plugin-sdk';

/** The version of the manifest, which `racetrack plugin bundle --plugin-version` may replace. */
const manifest = readFileSync(new URL('plugin-manifest.yaml', import.meta.url), 'utf8');
const version = /^version: *['"]?([^'"\s]+)/m.exec(manifest)?.[1] ?? '0.0.0';

/** Only types are imported, so it runs as it is. */
export default {
  id: '__plugin__',
  version,
  apiVersion: 1,
  category: 'infrastructure',
  setup({ dataDir, addInfrastructureTarget }) {
    addInfrastructureTarget(createTarget(dataDir));
  },
} satisfies Plugin;

const MAX_LOG_LINES = 1_000;

interface Instance {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly startedAt: number;
  readonly lines: string[];
}

function createTarget(dataDir: string): InfrastructureTarget {
  const instances = new Map<string, Instance>();
  process.on('exit', () => instances.forEach(({ child }) => child.kill('SIGKILL')));
  return {
    name: '__short__',
    runs: 'native',
    scope: 'host',

    // The same request may come again: an instance that runs is left as it is.
    async launch(request) {
      const known = instances.get(request.instanceId);
      if (known !== undefined && isRunning(known)) return { address: addressOf(known) };
      const socket = join(dataDir, `${request.instanceId}.sock`);
      await rm(socket, { force: true });
      const instance = start(request, socket);
      instances.set(request.instanceId, instance);
      return { address: addressOf(instance) };
    },

    async remove(instanceId, { gracePeriodMs }) {
      const known = instances.get(instanceId);
      if (known === undefined) return;
      await stop(known, gracePeriodMs);
      instances.delete(instanceId);
      await rm(known.socket, { force: true });
    },

    async observeAll() {
      return [...instances].map(([instanceId, instance]) => ({
        instanceId,
        state: isRunning(instance) ? 'running' : 'exited',
        address: addressOf(instance),
        startedAt: instance.startedAt,
        exitCode: instance.child.exitCode,
        reason: instance.child.signalCode === null ? null : `killed by ${instance.child.signalCode}`,
      }));
    },

    async *logs(instanceId, { tail }) {
      const lines = instances.get(instanceId)?.lines ?? [];
      yield* tail === null ? lines : lines.slice(Math.max(0, lines.length - tail));
    },

    async stats() {
      return [];
    },
  };
}

function start({ artifact, env }: LaunchRequest, socket: string): Instance {
  const values: Record<string, string> = {
    socket,
    source: artifact.sourceDir,
    environment: artifact.environmentDir,
    plugin: artifact.pluginDir,
  };
  const fill = (text: string) =>
    text.replace(/\$\{(socket|source|environment|plugin)\}/g, (_match, name: string) => values[name] ?? '');
  const [command = '', ...args] = artifact.run.command.map(fill);
  const child = spawn(command, args, {
    cwd: fill(artifact.run.cwd ?? artifact.sourceDir),
    env: { ...artifact.run.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > MAX_LOG_LINES) lines.shift();
  };
  child.on('error', (error) => keep(error.message));
  for (const output of [child.stdout, child.stderr]) createInterface({ input: output }).on('line', keep);
  return { child, socket, startedAt: Date.now(), lines };
}

async function stop({ child }: Instance, gracePeriodMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), gracePeriodMs);
  await exited;
  clearTimeout(timer);
}

function isRunning({ child }: Instance): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function addressOf({ socket }: Instance) {
  return { kind: 'unix', path: socket } as const;
}
