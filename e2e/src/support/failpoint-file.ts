import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { ArmedPoint } from '@racetrack-platform/failpoints';

/** A point that was reached while it was armed. */
export interface FailpointHit {
  readonly name: string;
  readonly pid: number;
  /** Path of the program that the process ran. */
  readonly program: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The file that tells a platform where to die (`RACETRACK_FAILPOINTS`), and what it wrote about it. */
export class FailpointFile {
  readonly path: string;

  /** @param path - where the file will be; nothing is armed before `arm`. */
  constructor(path: string) {
    this.path = path;
  }

  async arm(point: ArmedPoint): Promise<void> {
    await rm(`${this.path}.log`, { force: true });
    await writeFile(`${this.path}.new`, JSON.stringify(point));
    await rename(`${this.path}.new`, this.path);
  }

  async disarm(): Promise<void> {
    await rm(this.path, { force: true });
  }

  /** Since it was armed, oldest first. */
  async listHits(): Promise<FailpointHit[]> {
    const text = await readFile(`${this.path}.log`, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as FailpointHit);
  }
}
