import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TEST_COMPILE_CACHE_DIR } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

describe('plugin host process', () => {
  test('answers malformed lines with an error and goes on', async () => {
    await using host = startHost('{"plugins":[]}');

    for (const line of ['garbage', '[]', '{"id":"x"}', '{"cancel":77}', '{"pull":77,"count":1}'])
      host.write(line);
    host.write('{"id":1,"plugin":null,"method":"nonsense","params":{}}');
    host.write('{"id":2,"plugin":"x","method":"launch","params":{"target":1}}');
    host.write('{"id":3,"plugin":null,"method":"describe","params":{}}');

    const answers = await host.read(6);

    expect(answers.map((answer) => [answer.id, answer.error?.code ?? answer.result])).toEqual(
      [
        [null, 'REQUEST_INVALID'],
        [null, 'REQUEST_INVALID'],
        [null, 'REQUEST_INVALID'],
        [3, []],
        [1, 'NOT_SUPPORTED'],
        [2, 'REQUEST_INVALID'],
      ].sort((a, b) => order(a[0]) - order(b[0])),
    );
  });

  test('answers a line that is too long with an error and goes on', async () => {
    await using host = startHost('{"plugins":[]}');

    host.write('x'.repeat(17 * 1024 * 1024));
    host.write('{"id":1,"plugin":null,"method":"describe","params":{}}');

    expect(await host.read(2)).toMatchObject([{ id: null, error: { code: 'REQUEST_INVALID' } }, { id: 1 }]);
  });

  test('ends with its parent, whose end of standard input it reads', async () => {
    await using host = startHost('{"plugins":[]}');
    host.child.stdin.end();

    const [code] = (await once(host.child, 'exit')) as [number | null];

    expect(code).toBe(0);
  });

  test('refuses to start without a configuration', async () => {
    await using host = startHost('{"plugins":1}');

    const [code] = (await once(host.child, 'exit')) as [number | null];

    expect(code).toBe(2);
  });
});

interface Answer {
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: { readonly code: string };
}

function order(id: unknown): number {
  return typeof id === 'number' ? id : 0;
}

function startHost(config: string): AsyncDisposable & {
  child: ReturnType<typeof spawnHost>;
  write: (line: string) => void;
  read: (count: number) => Promise<Answer[]>;
} {
  const child = spawnHost();
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const write = (line: string): void => {
    child.stdin.write(`${line}\n`);
  };
  write(config);
  return {
    child,
    write,
    read: async (count) => {
      const answers: Answer[] = [];
      while (answers.length < count) answers.push(JSON.parse((await lines.next()).value as string) as Answer);
      return answers.sort((a, b) => order(a.id) - order(b.id));
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function spawnHost() {
  const env = { NODE_COMPILE_CACHE: TEST_COMPILE_CACHE_DIR };
  return spawn(process.execPath, [MAIN], { stdio: ['pipe', 'pipe', 'ignore'], env });
}
