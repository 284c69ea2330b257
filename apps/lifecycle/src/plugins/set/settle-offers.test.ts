import { describe, expect, test } from 'vitest';
import { chooseStanding, explainSuperseded } from './choose-standing.ts';
import { comparePlugins, findHighest } from './order-plugins.ts';
import type { KnownPlugin } from './plugin-set.ts';
import { inventManifest } from './read-platform-plugin.ts';
import { settleOffers } from './settle-offers.ts';

interface Offers {
  readonly jobTypes?: readonly string[];
  readonly targets?: readonly string[];
}

function plugin(name: string, version: string, offers: Offers = {}, priority = 0): KnownPlugin {
  const jobTypes = (offers.jobTypes ?? []).map((fullName) => {
    const [jobType = '', jobTypeVersion = ''] = fullName.split(':');
    return { name: jobType, version: jobTypeVersion, isNative: true, images: [] };
  });
  const targets = (offers.targets ?? []).map((target) => ({
    name: target,
    runs: 'native' as const,
    scope: 'host' as const,
  }));
  return {
    name,
    version,
    manifest: { ...inventManifest(name, version, null), priority },
    origin: 'installed',
    installed: null,
    description: { dir: '/p', id: name, version, category: null, jobTypes, targets, hooks: [], error: null },
    error: null,
  };
}

describe('plugins', () => {
  test('stand in the order of priority, then name, then version, as numbers', () => {
    const ordered = [
      plugin('z', '1.0.0', {}, -1),
      plugin('a', '1.2.0-rc1'),
      plugin('a', '1.2.0'),
      plugin('a', '1.10.0'),
      plugin('b', '0.1.0'),
      plugin('a', '0.0.1', {}, 1),
    ];

    expect(ordered.toReversed().toSorted(comparePlugins)).toEqual(ordered);
  });

  test('are found by name in their highest stable version, or the highest of all', () => {
    const plugins = ['1.0.0', '2.0.0-rc1', '1.9.0', '1.10.0'].map((version) => plugin('a', version));

    expect(findHighest(plugins, 'a')?.version).toBe('1.10.0');
    expect(findHighest([plugin('a', '1.0.0-a'), plugin('a', '1.0.0-b')], 'a')?.version).toBe('1.0.0-b');
    expect(findHighest(plugins, 'b')).toBeUndefined();
  });

  test('of several versions offer their job types side by side', () => {
    const { jobTypes } = settleOffers([
      plugin('go', '1.5.0', { jobTypes: ['golang:1.5.0'] }),
      plugin('go', '1.4.0', { jobTypes: ['golang:1.4.0'] }),
    ]);

    expect(jobTypes.map(({ fullName }) => fullName)).toEqual(['golang:1.4.0', 'golang:1.5.0']);
  });

  test('that offer the same are told so: the first keeps it, the other one keeps the rest', () => {
    const { plugins, jobTypes, targets } = settleOffers([
      plugin('b', '1.0.0', { jobTypes: ['x:1.0.0', 'y:1.0.0'], targets: ['moon'] }),
      plugin('a', '2.0.0', { jobTypes: ['x:1.0.0'] }),
      plugin('c', '1.0.0', { targets: ['moon'] }, -5),
    ]);

    expect(jobTypes.map(({ fullName, plugin: owner }) => `${fullName} of ${owner}`)).toEqual([
      'x:1.0.0 of a',
      'y:1.0.0 of b',
    ]);
    expect(targets.map(({ name, plugin: owner }) => `${name} of ${owner}`)).toEqual(['moon of c']);
    expect(plugins.map(({ error }) => error)).toEqual([
      null,
      null,
      'job type x:1.0.0 of plugin b 1.0.0 is already provided by plugin a 2.0.0; infrastructure target moon of plugin b 1.0.0 is already provided by plugin c 1.0.0',
    ]);
  });
});

describe('a plugin that comes with the platform', () => {
  const bundled = [{ name: 'py', manifest: inventManifest('py', '3.1.0', null), origin: 'bundled' as const }];
  const row = (version: string, isPinned = false, standIn: string | null = null) => ({
    name: 'py',
    version,
    isPinned,
    standIn,
  });
  const stands = (...rows: ReturnType<typeof row>[]) => chooseStanding(bundled, new Set(), rows).length === 1;

  test('is loaded unless it was taken out, or a package that is not older stands in its place', () => {
    expect(stands()).toBe(true);
    expect(chooseStanding(bundled, new Set(['py']), [])).toEqual([]);
    expect(stands(row('3.1.0'))).toBe(false);
    expect(stands(row('3.10.0'))).toBe(false);
    // After an upgrade of the platform.
    expect(stands(row('3.0.0'))).toBe(true);
    expect(stands(row('3.0.0', true))).toBe(false);
    expect(stands(row('9.0.0', false, 'process'))).toBe(true);
  });

  test('takes the place of an older package that nobody has pinned, which is told so', () => {
    expect(explainSuperseded(row('3.0.0'), bundled)).toContain('version 3.1.0 of it comes with the platform');
    expect(explainSuperseded(row('3.0.0', true), [])).toBeNull();
    expect(explainSuperseded(row('9.0.0', false, 'process'), bundled)).toBeNull();
    expect(explainSuperseded({ ...row('1.0.0'), name: 'other' }, bundled)).toBeNull();
  });
});
