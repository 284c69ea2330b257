import process from 'node:process';
import { createProcessIo } from './process-io.ts';
import { EXIT_CODES } from '@racetrack-platform/errors';
import { Interruption, runCli } from './run-cli.ts';

const interruption = new AbortController();

// The first Ctrl-C lets the command say what goes on without it; the second one ends at once.
process.on('SIGINT', () => {
  if (interruption.signal.aborted) process.exit(EXIT_CODES.interrupted);
  interruption.abort(new Interruption());
});
// The second is what a terminal that is closed sends.
for (const name of ['SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interruption.abort(new Interruption()));
}

if (Object.keys(process.env).some((name) => /^https?_proxy$/i.test(name))) {
  const { setGlobalProxyFromEnv } = await import('node:http');
  setGlobalProxyFromEnv();
}

const exitCode = await runCli(process.argv.slice(2), createProcessIo(process.env, interruption.signal));
await Promise.all([drained(process.stdout), drained(process.stderr)]);
process.exit(exitCode);

/** Pipes are written asynchronously; leaving earlier would cut off the output. */
async function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.write('', () => resolve());
  });
}
