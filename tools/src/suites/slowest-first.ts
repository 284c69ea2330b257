import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, slowest first. Vitest knows no durations on a fresh clone; a long file that comes last
 * leaves the other workers idle.
 */
const SLOWEST = [
  'replicas.integration',
  'ownership.integration',
  'renewal.integration',
  'process-target.integration',
  'store-outage.integration',
  'wrapper.integration',
  'confinement.integration',
];

/** Vitest's own order, but for those. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = SLOWEST.findIndex((name) => moduleId.includes(`/${name}.`));
      return place === -1 ? SLOWEST.length : place;
    };
    return sorted.toSorted((a, b) => a.project.name.localeCompare(b.project.name) || rank(a) - rank(b));
  }
}
