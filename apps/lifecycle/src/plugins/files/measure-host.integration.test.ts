import { spawn } from 'node:child_process';
import { waitUntil } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { measureHost } from './measure-host.ts';

test.runIf(process.platform === 'linux')('the memory of a host is that of its children too', async () => {
  const hold = `const all = Buffer.alloc(200 * 1024 ** 2, 1); setInterval(() => all.length, 1_000)`;
  const source = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(hold)}], { stdio: 'ignore' })`;
  const host = spawn(process.execPath, ['-e', source], { stdio: 'ignore', detached: true });
  const pid = Number(host.pid);

  try {
    await waitUntil('its child', async () => ((await measureHost(pid)) ?? 0) > 200 * 1024 ** 2);
  } finally {
    process.kill(-pid, 'SIGKILL');
  }
  await waitUntil('its end', async () => (await measureHost(pid)) === null);
  expect(await measureHost(pid)).toBeNull();
});
