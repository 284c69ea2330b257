import { LIST_FILTERS } from './list-filters.ts';
import type { Native } from './native.ts';
import { PICKING_FILTERS } from './picking-filters.ts';
import { TEXT_FILTERS } from './text-filters.ts';
import { VALUE_FILTERS } from './value-filters.ts';

/** All filters, by name. */
export const FILTERS: ReadonlyMap<string, Native> = new Map([
  ...TEXT_FILTERS,
  ...VALUE_FILTERS,
  ...LIST_FILTERS,
  ...PICKING_FILTERS,
]);
