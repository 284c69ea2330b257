import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findUnknownVariables, SERVER_VARIABLES } from './find-unknown-variables.ts';

describe('findUnknownVariables', () => {
  test('names what was probably meant, and never a value', () => {
    const lines = findUnknownVariables({ RACETRACK_ADMIN_PASSWROD: 'secret', PATH: '/bin' });

    expect(lines).toEqual([
      'the environment variable RACETRACK_ADMIN_PASSWROD is no setting: did you mean RACETRACK_ADMIN_PASSWORD?',
    ]);
  });

  test('says nothing of settings, nor of what the CLI reads', () => {
    expect(
      findUnknownVariables({ RACETRACK_PUB_PORT: '1', RACETRACK_FEED: '', RACETRACK_TOKEN: 'x' }),
    ).toEqual([]);
  });

  test.each(['apps/lifecycle/src/config.ts', 'apps/pub/src/config.ts', 'packages/db/src/store-options.ts'])(
    'knows every variable that %s reads',
    (file) => {
      const source = readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8');

      expect(SERVER_VARIABLES).toEqual(
        expect.arrayContaining(source.match(/RACETRACK_[A-Z_]*[A-Z]\b/g) ?? []),
      );
    },
  );

  test('knows every variable that docs/reference/configuration.md lists', () => {
    const page = new URL('../../../../docs/reference/configuration.md', import.meta.url);
    const rows = readFileSync(page, 'utf8')
      .split('\n')
      .filter((line) => /^\| `?\w*`? ?\| `RACETRACK_/.test(line));
    const listed = rows.flatMap((row) => (row.split(' | ')[1] ?? '').match(/RACETRACK_[A-Z_]+/g) ?? []);

    expect(listed.length).toBeGreaterThan(25);
    expect(SERVER_VARIABLES).toEqual(expect.arrayContaining(listed));
  });
});
