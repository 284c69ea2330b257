import { inspect } from 'node:util';
import { createLineSplitter } from '../line-splitter.ts';
import { hostConfigSchema, MAX_LINE_BYTES, type HostOutput } from '../protocol.ts';
import { loadPlugin } from './load-plugin.ts';
import { createPluginRegistry } from './plugin-registry.ts';
import { protectStdout } from './protect-stdout.ts';
import { createRequestHandler } from './request-handler.ts';
import { sharePackages } from './share-packages.ts';

const write = protectStdout();
const send = (message: HostOutput): void => write(JSON.stringify(message));
const reportBug = (error: unknown): void => {
  process.stderr.write(`${inspect(error)}\n`);
};

let handle: ((line: string) => void) | undefined;
const early: string[] = [];
let isConfigured = false;

process.stdin.on(
  'data',
  createLineSplitter({
    maxBytes: MAX_LINE_BYTES,
    onLine(line) {
      if (handle !== undefined) handle(line);
      else if (isConfigured) early.push(line);
      else void configure(line);
    },
    onTooLong() {
      const message = `a line is longer than ${MAX_LINE_BYTES} bytes`;
      send({ id: null, error: { code: 'REQUEST_INVALID', message, hint: null } });
    },
  }),
);
// The parent holds the other end: when it is gone, so is the reason to be here.
process.stdin.on('end', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));
// A promise that a plugin forgot harms nobody else; a thrown error leaves the process in an unknown state.
process.on('unhandledRejection', reportBug);
process.on('uncaughtException', (error) => {
  reportBug(error);
  process.exit(1);
});
// Ctrl-C in a terminal reaches the whole family; the parent ends this process when it is done with it.
process.on('SIGINT', () => {});

async function configure(line: string): Promise<void> {
  isConfigured = true;
  let config;
  try {
    config = hostConfigSchema.parse(JSON.parse(line));
  } catch {
    process.stderr.write('the first line is not a configuration of the plugin host\n');
    process.exit(2);
  }
  const deps = {
    timeoutMs: config.setupTimeoutMs,
    log: (
      plugin: string,
      level: 'info' | 'warn' | 'error',
      message: string,
      fields: Readonly<Record<string, unknown>> = {},
    ) => send({ log: { plugin, level, message, fields } }),
  };
  sharePackages(config.plugins.flatMap(({ importsFrom }) => importsFrom ?? []));
  const plugins = await Promise.all(config.plugins.map((plugin) => loadPlugin(deps, plugin)));
  handle = createRequestHandler({ registry: createPluginRegistry(plugins), write, reportBug });
  for (const request of early.splice(0)) handle(request);
}
