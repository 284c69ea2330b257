import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  definePlugin,
  type InfrastructureTarget,
  type LaunchRequest,
  type Plugin,
} from '@racetrack-platform/plugin-sdk';

/**
 * A second target: children of the plugin host, which end with it. As long as a file `unreachable` lies in its
 * directory, nothing can be observed.
 */
const plugin: Plugin = definePlugin({
  id: 'toy-target',
  version: '1.0.0',
  apiVersion: 1,
  category: 'infrastructure',
  setup({ dataDir, addInfrastructureTarget }) {
    addInfrastructureTarget(createTarget(dataDir));
  },
});

export default plugin;

interface Running {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly startedAt: number;
}

function createTarget(dataDir: string): InfrastructureTarget {
  const running = new Map<string, Running>();
  process.on('exit', () => running.forEach(({ child }) => child.kill('SIGKILL')));
  return {
    name: 'toy',
    runs: 'native',
    scope: 'host',

    async launch(request) {
      const known = running.get(request.instanceId);
      if (known?.child.exitCode === null) return { address: addressOf(known.socket) };
      const socket = join(dataDir, `${request.instanceId}.sock`);
      running.set(request.instanceId, { child: start(request, socket), socket, startedAt: Date.now() });
      return { address: addressOf(socket) };
    },

    async remove(instanceId) {
      const known = running.get(instanceId);
      running.delete(instanceId);
      if (known === undefined) return;
      if (known.child.exitCode === null && known.child.signalCode === null) {
        const exited = once(known.child, 'exit');
        known.child.kill('SIGKILL');
        await exited;
      }
      await rm(known.socket, { force: true });
    },

    async observeAll() {
      if (existsSync(join(dataDir, 'unreachable'))) throw new Error('the toy is out of reach');
      return [...running].map(([instanceId, { child, socket, startedAt }]) => ({
        instanceId,
        state: child.exitCode === null && child.signalCode === null ? 'running' : 'exited',
        address: addressOf(socket),
        startedAt,
        exitCode: child.exitCode,
        reason: null,
      }));
    },

    async *logs() {},

    stats: async () => [],
  };
}

function start({ artifact, env }: LaunchRequest, socket: string): ChildProcess {
  const [command = '', ...args] = artifact.run.command.map((part) =>
    part.replaceAll('${socket}', socket).replaceAll('${source}', artifact.sourceDir),
  );
  return spawn(command, args, {
    cwd: artifact.sourceDir,
    env: { ...artifact.run.env, ...env },
    stdio: 'ignore',
  });
}

function addressOf(path: string) {
  return { kind: 'unix', path } as const;
}
