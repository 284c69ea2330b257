/** Makes `racetrack-job` importable outside of the platform, for tests of jobs: `node --import …/register.ts --test`. */
import { offerHelper } from '../worker/guard-process.ts';

offerHelper();
