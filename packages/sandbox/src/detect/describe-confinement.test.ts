import { expect, test } from 'vitest';
import { missing } from '../feature.ts';
import type { Confinement } from './detect-confinement.ts';
import { describeConfinement } from './describe-confinement.ts';

const tools = {
  isRoot: true,
  setpriv: null,
  prlimit: null,
  bwrap: null,
  env: null,
  maxOpenFiles: 1024,
  alwaysHidden: [],
  alwaysVisible: [],
};
const there = { isAvailable: true } as const;
const everything: Confinement = {
  platform: 'linux',
  isRoot: true,
  tools,
  accounts: there,
  limits: there,
  namespaces: there,
  cgroup: { isAvailable: true, version: 2, controllers: { memory: true, processes: true, cpu: true } },
};

test('where everything is in force, only the network is not', () => {
  const lines = describeConfinement(everything);

  expect(lines.filter(({ isInForce }) => !isInForce).map(({ text }) => text)).toEqual([
    expect.stringContaining('network'),
  ]);
  expect(lines.map(({ text }) => text)).toContain('memory: held by the kernel (control groups of version 2)');
});

test('what is missing is said with what it means, why, and what to do', () => {
  const lines = describeConfinement({
    ...everything,
    accounts: missing('the platform does not run as root', 'Start the platform as root.'),
    cgroup: { isAvailable: true, version: 1, controllers: { memory: true, processes: true, cpu: false } },
  });

  expect(lines).toContainEqual({
    isInForce: false,
    text: expect.stringMatching(/^accounts: .*can read and change.* \(the platform does not run as root\)$/),
    remedy: 'Start the platform as root.',
  });
  expect(lines).toContainEqual({
    isInForce: false,
    text: 'cpu: not limited (control groups of version 1 without this controller)',
    remedy: expect.stringContaining('memory, pids and cpu'),
  });
});
