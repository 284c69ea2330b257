import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { nameJobData } from '@racetrack-platform/contracts/processes';
import type { KeptData } from './job-accounts.ts';

/** @param jobDataDir - where the process target keeps a directory for each family. */
export function createKeptData(jobDataDir: string): KeptData {
  const pathOf = (jobName: string): string => join(jobDataDir, nameJobData(jobName));
  return {
    hasFiles(jobName) {
      try {
        return readdirSync(pathOf(jobName)).length > 0;
      } catch (error) {
        // What cannot be read may hold something.
        return !isMissing(error);
      }
    },
    removeEmpty(jobName) {
      try {
        rmdirSync(pathOf(jobName));
        return true;
      } catch (error) {
        return isMissing(error);
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
