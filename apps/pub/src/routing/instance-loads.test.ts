import { describe, expect, test } from 'vitest';
import { createInstanceLoads } from './instance-loads.ts';

const instances = ['a', 'b'].map((id) => ({ id, address: { kind: 'unix', path: `/${id}` } as const }));

function setUp() {
  const world = { nowMs: 0, routed: new Set(['a', 'b']), closed: [] as string[], drainedCount: 0 };
  const loads = createInstanceLoads<string>({
    nowMs: () => world.nowMs,
    createPool: (address) => (address.kind === 'unix' ? address.path : ''),
    closePool: (pool) => world.closed.push(pool),
    isRouted: (id) => world.routed.has(id),
    onDrained: () => (world.drainedCount += 1),
  });
  const acquire = (tried: string[] = []) => loads.acquire(instances, new Set(tried));
  return { world, loads, acquire };
}

describe('acquire', () => {
  test('picks the least loaded instance', () => {
    const { acquire, loads } = setUp();
    const first = acquire();
    const second = acquire();
    expect(new Set([first?.id, second?.id])).toEqual(new Set(['a', 'b']));
    if (first !== undefined) loads.release(first);
    expect(acquire()?.id).toBe(first?.id);
    expect(loads.inFlight()).toEqual({ a: 1, b: 1 });
  });

  test('takes turns among equals', () => {
    const { acquire, loads } = setUp();
    const picked = Array.from({ length: 4 }, () => {
      const load = acquire();
      if (load !== undefined) loads.release(load);
      return load?.id;
    });
    expect(picked.filter((id) => id === 'a')).toHaveLength(2);
  });

  test('leaves out what was tried, and answers undefined when nothing is left', () => {
    const { acquire } = setUp();
    expect(acquire(['a'])?.id).toBe('b');
    expect(acquire(['a', 'b'])).toBeUndefined();
  });

  test('avoids an instance that refused a connection, for a second', () => {
    const { acquire, loads, world } = setUp();
    const refused = acquire(['b']);
    if (refused !== undefined) {
      loads.avoid(refused);
      loads.release(refused);
    }
    expect([acquire()?.id, acquire()?.id]).toEqual(['b', 'b']);
    world.nowMs = 1_001;
    expect(acquire()?.id).toBe('a');
  });
});

describe('release', () => {
  test('reports the end of the last call to an instance that is no longer routed', () => {
    const { acquire, loads, world } = setUp();
    const calls = [acquire(['b']), acquire(['b'])];
    world.routed.delete('a');
    loads.forgetUnrouted();
    expect(world.closed).toEqual([]);
    for (const call of calls) if (call !== undefined) loads.release(call);

    expect([world.drainedCount, world.closed, loads.inFlight()]).toEqual([1, ['/a'], {}]);
  });

  test('says nothing while the instance is routed', () => {
    const { acquire, loads, world } = setUp();
    const call = acquire();
    if (call !== undefined) loads.release(call);
    expect([world.drainedCount, world.closed]).toEqual([0, []]);
  });
});
