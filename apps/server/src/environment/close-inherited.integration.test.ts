import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MODULE = fileURLToPath(new URL('close-inherited.ts', import.meta.url));

test.skipIf(!existsSync('/proc/self/fdinfo') || !existsSync('/bin/bash'))(
  'what was left open by whoever started the platform reaches no program that it starts',
  () => {
    const script = `
      import { spawnSync } from 'node:child_process';
      import { closeInherited } from ${JSON.stringify(MODULE)};
      const list = () => spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }).stdout;
      const before = list();
      closeInherited();
      console.log(JSON.stringify([before, list()].map((text) => text.includes('hostname'))));
    `;
    // Node.js itself sees to low numbers only.
    const open = 'exec 50</etc/hostname; exec "$0" "$@"';
    const { stdout } = spawnSync(
      'bash',
      ['-c', open, process.execPath, '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
      },
    );

    expect(JSON.parse(stdout)).toEqual([true, false]);
  },
);
