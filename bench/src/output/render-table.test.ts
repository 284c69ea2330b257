import { expect, test } from 'vitest';
import { renderTable } from './render-table.ts';

test('renderTable lines up figures and says which goals are met', () => {
  const table = renderTable([
    { id: 'a', title: 'ready', value: 512.3, unit: 'ms', goal: 2_000, detail: 'x' },
    { id: 'b', title: 'pub to nginx', value: 4.256, unit: '×', goal: 4, detail: 'y' },
    { id: 'c', title: 'nginx', value: 19.44, unit: 'µs', detail: 'z' },
  ]);

  expect(table.split('\n')).toEqual([
    'ready         512 ms   ok, goal 2000 ms  x',
    'pub to nginx  4.26 ×   OVER, goal 4 ×    y',
    'nginx         19.4 µs                    z',
  ]);
});
