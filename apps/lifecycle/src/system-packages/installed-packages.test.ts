import { describe, expect, test } from 'vitest';
import { findMissing, parseInstalled } from './installed-packages.ts';
import { parsePackage } from './package-name.ts';

const installed = parseInstalled(
  [
    'installed\tlibgomp1\tamd64\t12.2.0-14\t',
    'installed\tg++\tamd64\t4:12.2.0-3\tc++-compiler, libstdc++-dev (= 12)',
    'installed\ttzdata\tall\t2024a-0\t',
    'config-files\tffmpeg\tamd64\t7:5.1.4\t',
    'half-installed\tcurl\tamd64\t7.88.1-10\t',
    '',
  ].join('\n'),
);

describe('findMissing', () => {
  test.each([
    ['one that is there', 'libgomp1', true],
    ['with its architecture', 'libgomp1:amd64', true],
    ['of another architecture', 'libgomp1:arm64', false],
    ['of whichever architecture', 'libgomp1:any', true],
    ['of that of the machine', 'libgomp1:native', true],
    ['of whichever architecture that is not there', 'curl:any', false],
    ['for any architecture', 'tzdata:arm64', true],
    ['in this version', 'g++=4:12.2.0-3', true],
    ['in another version', 'libgomp1=13', false],
    ['one that another provides', 'c++-compiler', true],
    ['provided in this version', 'libstdc++-dev=12', true],
    ['provided in no version', 'c++-compiler=12', false],
    ['of which only the configuration is left', 'ffmpeg', false],
    ['that was never finished', 'curl', false],
    ['that nobody knows', 'libnothing', false],
    ['that is no name', 'Foo/stable', false],
  ])('a package %s: %s', (_title, text, isThere) => {
    expect(findMissing([text], installed)).toEqual(isThere ? [] : [text]);
  });
});

test.each(['-oX=y', 'libc6-', 'lib*', './x.deb', '/x.deb', 'a/b', 'curl=-1', 'A', 'a b', '', 'task^', 'a:'])(
  'apt-get is never asked for %j',
  (text) => {
    expect(parsePackage(text)).toBeUndefined();
  },
);
