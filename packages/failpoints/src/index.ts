export { failpoint } from './failpoint.ts';
export { FAILPOINTS } from './failpoints.ts';
export type { ArmedPoint } from './armed-point.ts';
