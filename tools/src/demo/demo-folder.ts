import path from 'node:path';
import { ROOT } from '../repository.ts';

const folder = path.join(ROOT, '.racetrack-demo');

/** Everything the demo writes is in here, so that nothing of the user's is touched. */
export const DEMO_FOLDER = {
  root: folder,
  /** Data directory of the platform. */
  data: path.join(folder, 'data'),
  /** The git repository that the job comes from. */
  repository: path.join(folder, 'python-class'),
  /** Configuration file of the command line client. */
  clientConfig: path.join(folder, 'client.yaml'),
} as const;
