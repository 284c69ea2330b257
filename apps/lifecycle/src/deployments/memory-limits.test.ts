import { describe, expect, test } from 'vitest';
import { refuseExcessiveMemory } from './memory-limits.ts';

const GIBIBYTE = 1_024 ** 3;
const NONE = { memory_min: null, memory_max: null, cpu_min: null, cpu_max: null };

describe('refuseExcessiveMemory', () => {
  test.each([
    [{ memory_max: '16Gi' }, 'resources.memory_max: 16Gi is more than the 8Gi that one instance may have'],
    [{ memory_min: '9G' }, 'resources.memory_min: 9G is more than the 8Gi'],
  ])('refuses %j and names the limit', (resources, message) => {
    expect(() => refuseExcessiveMemory({ resources: { ...NONE, ...resources } }, 8 * GIBIBYTE)).toThrow(
      message,
    );
  });

  test.each([{ memory_max: '8Gi' }, { memory_max: '512M' }, {}])('lets %j pass', (resources) => {
    expect(() => refuseExcessiveMemory({ resources: { ...NONE, ...resources } }, 8 * GIBIBYTE)).not.toThrow();
  });

  test('without a limit everything passes', () => {
    expect(() => refuseExcessiveMemory({ resources: { ...NONE, memory_max: '1Ti' } }, null)).not.toThrow();
  });
});
