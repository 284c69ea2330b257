import path from 'node:path';
import { DEMO_FOLDER } from './demo-folder.ts';
import { ROOT } from '../repository.ts';
import type { DemoPlatform } from './start-platform.ts';

interface SummaryFacts {
  readonly endpoints: DemoPlatform['endpoints'];
  readonly adminPassword: string;
  readonly job: string;
}

/** Presents where everything is, and what to type next. */
export function presentSummary({ endpoints, adminPassword, job }: SummaryFacts): string {
  const { lifecycle, dashboard, pub } = endpoints;
  const racetrack = `RACETRACK_CONFIG=${path.relative(ROOT, DEMO_FOLDER.clientConfig)} ./bin/racetrack`;
  return `
  API                 ${lifecycle}/lifecycle
  Dashboard sign-in   ${dashboard}   user admin, password ${adminPassword}
  Swagger of the job  ${pub}/pub/job/${job}/latest/docs   (sign in first)

  Try next, in another terminal in ${ROOT}:

    ${racetrack} list
    ${racetrack} call ${job} /api/v1/perform '{"numbers":[1,2,3]}'
    ${racetrack} logs ${job}
`;
}
