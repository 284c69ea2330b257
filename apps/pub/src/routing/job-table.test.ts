import { describe, expect, test } from 'vitest';
import { buildJob } from '../testing/records.ts';
import { createJobTable, type JobTable } from './job-table.ts';

const instance = (id: string) => ({ id, address: { kind: 'unix', path: `/${id}` } as const });

function tableOf(...versions: [version: string, status: string, isRouted: boolean][]): JobTable {
  const table = createJobTable();
  for (const [version, status, isRouted] of versions) {
    table.put(buildJob({ version, status, instances: isRouted ? [instance(version)] : [] }));
  }
  return table;
}

function find(table: JobTable, version: string, name = 'adder'): string {
  const lookup = table.find(name, version);
  return lookup.kind === 'found' ? lookup.job.route.version : lookup.message;
}

describe('find', () => {
  const table = tableOf(
    ['1.0.0', 'running', true],
    ['1.2.0', 'starting', true],
    ['1.10.0', 'error', false],
    ['2.0.0-rc1', 'running', true],
    ['3.0.0', 'starting', false],
  );

  test.each([
    ['1.0.0', '1.0.0'],
    ['3.0.0', '3.0.0'],
    ['2.0.0-rc1', '2.0.0-rc1'],
    ['9.9.9', 'Job record not found for given name, version'],
    ['1.X', 'Job record not found for given name, version'],
    ['2.x', 'Not found any stable version matching pattern: 2.x'],
    ['3.x', 'Not found any stable version matching pattern: 3.x'],
  ])('takes %s for %s', (requested, expected) => expect(find(table, requested)).toBe(expected));

  test('gives aliases the highest version that can be called', () => {
    expect(find(table, 'latest')).toBe('1.2.0');
    expect(find(table, '1.x')).toBe('1.2.0');
  });

  test('gives aliases a broken version when none that fits can be called', () => {
    expect(find(table, '1.10.x')).toBe('1.10.0');
  });

  test('names a family that does not exist', () => {
    expect(find(table, 'latest', 'nobody')).toBe('No job named nobody');
    expect(find(table, '1.0.0', 'nobody')).toBe('No job named nobody');
  });

  test('follows every change of the family', () => {
    const changing = tableOf(['1.0.0', 'running', true]);
    expect(find(changing, 'latest')).toBe('1.0.0');
    changing.put(buildJob({ version: '1.1.0', instances: [instance('new')] }));
    expect(find(changing, 'latest')).toBe('1.1.0');
    changing.put(buildJob({ version: '1.1.0', status: 'lost' }));
    expect(find(changing, 'latest')).toBe('1.0.0');
    changing.remove('adder-1.0.0');
    expect(find(changing, 'latest')).toBe('1.1.0');
  });
});

describe('a pinned alias', () => {
  const pin = (jobId: string, pattern = 'latest') =>
    ({ kind: 'pin', id: `adder/${pattern}`, family: 'adder', pattern, jobId }) as const;

  test('leads to its version as long as that can be called, whatever else changes', () => {
    const table = tableOf(['1.0.0', 'running', true], ['1.1.0', 'running', true]);
    expect(find(table, 'latest')).toBe('1.1.0');
    table.putPin(pin('adder-1.0.0'));
    expect([find(table, 'latest'), find(table, '1.x')]).toEqual(['1.0.0', '1.1.0']);
    table.put(buildJob({ version: '1.2.0', instances: [instance('new')] }));
    expect(find(table, 'latest')).toBe('1.0.0');
    table.put(buildJob({ version: '1.0.0', status: 'lost' }));
    expect(find(table, 'latest')).toBe('1.2.0');
    table.put(buildJob({ version: '1.0.0', instances: [instance('back')] }));
    expect(find(table, 'latest')).toBe('1.0.0');
    table.removePin('adder/latest');
    expect([find(table, 'latest'), table.pins()]).toEqual(['1.2.0', []]);
  });

  test('may come before its version, and stay after it', () => {
    const table = createJobTable();
    table.putPin(pin('adder-1.0.0', '1.x'));
    table.removePin('nothing/latest');
    table.put(buildJob({ version: '1.0.0', instances: [instance('a')] }));
    table.put(buildJob({ version: '1.1.0', instances: [instance('b')] }));
    expect(find(table, '1.x')).toBe('1.0.0');
    table.remove('adder-1.0.0');
    expect([find(table, '1.x'), table.pins()]).toEqual(['1.1.0', [pin('adder-1.0.0', '1.x')]]);
  });
});

describe('put and remove', () => {
  test('let a recreated job replace its predecessor in either order', () => {
    const table = tableOf(['1.0.0', 'running', true]);
    table.put(buildJob({ id: 'again', instances: [instance('again')] }));
    table.remove('adder-1.0.0');

    expect(find(table, '1.0.0')).toBe('1.0.0');
    expect([table.isRouted('again'), table.isRouted('1.0.0'), table.has('adder', '1.0.0')]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('keep an instance routed that moved to another record', () => {
    const table = tableOf(['1.0.0', 'running', true]);
    table.put(buildJob({ id: 'again', instances: [instance('1.0.0')] }));
    table.remove('adder-1.0.0');
    expect(table.isRouted('1.0.0')).toBe(true);
  });

  test('make the prefix and host of a job from its name and version', () => {
    const table = createJobTable();
    table.put(buildJob({ name: 'my_Job', version: '1.0.0+b 1' }));
    const lookup = table.find('my_Job', '1.0.0+b 1');
    expect(lookup).toMatchObject({
      job: { prefix: '/pub/job/my_Job/1.0.0+b%201', host: 'job-my-job-v-1-0-0-b-1' },
    });
  });
});
