import type { JobDto } from '@racetrack-platform/contracts';
import {
  createInstanceRepository,
  createJobRepository,
  createPinRepository,
  splitInstanceIds,
  splitMarks,
  type JobMark,
  type MarkedJob,
  type Queryable,
  type VersionPin,
} from '@racetrack-platform/db';
import { presentJobBeside } from './present-job.ts';
import { presentManifest } from './present-manifest.ts';
import { Turns, type Pace } from './turns.ts';

/** A job for a list: what lists are made by, and the whole as it is sent. */
export interface ListedJob extends Pick<
  JobDto,
  'id' | 'name' | 'version' | 'status' | 'update_time' | 'last_call_time' | 'pub_url'
> {
  /** More precise than `update_time`: milliseconds since the epoch. */
  readonly updatedAt: number;
  /** A `JobDto` as JSON, in pieces, without the closing brace: further fields may follow. */
  readonly json: readonly Buffer[];
}

/** A job with all that it was written from: as long as that is the same, so is the text. */
interface KeptJob {
  readonly job: ListedJob;
  readonly mark: string;
  readonly instances: string;
  readonly pins: string;
  /** As it was submitted. */
  readonly yaml: string;
}

/** What is shown with jobs from other tables, as it is now. */
interface Surroundings {
  /** All of it as one text. */
  readonly text: string;
  readonly instanceIds: ReadonlyMap<string, readonly string[]>;
  readonly pins: ReadonlyMap<string, { readonly list: readonly VersionPin[]; readonly key: string }>;
}

/** The list of all jobs, and all that it was made from. */
interface KeptList {
  readonly marks: string;
  readonly surroundings: string;
  readonly jobs: readonly ListedJob[];
}

/** Ten thousand jobs with manifests of half a kilobyte take 20 MB; what goes beyond this is written each time. */
const MAX_KEPT_BYTES = 128 * 1024 * 1024;
/** What a kept job takes beside its text, roughly. */
const BYTES_EACH = 1_000;
/** Jobs that are read at once: few, because reading is not interrupted. */
const ROWS_AT_ONCE = 50;

/** Taken apart only when it is looked into. */
class SurroundingsNow implements Surroundings {
  readonly text: string;
  readonly #pinList: readonly VersionPin[];
  readonly #ids: string;
  #instanceIds: Surroundings['instanceIds'] | undefined;
  #pins: Surroundings['pins'] | undefined;

  constructor(pins: readonly VersionPin[], ids: string) {
    this.text = `${JSON.stringify(pins)}\n${ids}`;
    this.#pinList = pins;
    this.#ids = ids;
  }

  get instanceIds(): Surroundings['instanceIds'] {
    return (this.#instanceIds ??= splitInstanceIds(this.#ids));
  }

  get pins(): Surroundings['pins'] {
    const families = (): Map<string, VersionPin[]> => Map.groupBy(this.#pinList, (pin) => pin.family);
    return (this.#pins ??= new Map(
      [...families()].map(([family, list]) => [family, { list, key: JSON.stringify(list) }]),
    ));
  }
}

interface JobListingDeps {
  readonly db: Queryable;
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
}

/**
 * Keeps jobs written as JSON. Each list asks the store for the marks of its jobs, and only what has another mark than
 * the kept text is read and written again: a list is never older than its request, whoever has made a change.
 */
export class JobListing {
  readonly #deps: JobListingDeps;
  readonly #kept = new Map<string, KeptJob>();
  #keptBytes = 0;
  #all: KeptList | undefined;

  constructor(deps: JobListingDeps) {
    this.#deps = deps;
  }

  /**
   * Every job, newest first, then by name.
   *
   * @returns the very same list as before if nothing of it has changed, so that what is made from it can be kept too.
   */
  async presentAll(pace: Pace): Promise<readonly ListedJob[]> {
    const marks = await createJobRepository(this.#deps.db).readMarks();
    const now = await this.#readSurroundings();
    const last = this.#all;
    if (last !== undefined && last.marks === marks && last.surroundings === now.text) return last.jobs;
    const split = splitMarks(marks);
    this.#retain(split);
    // What has to be read may be newer than the marks: then the list is right, but not the one of these marks.
    const isExact = split.every((mark) => this.#find(mark, now) !== undefined);
    const jobs = await this.#presentBeside(split, now, pace);
    jobs.sort((a, b) => b.updatedAt - a.updatedAt || (a.name < b.name ? -1 : 1));
    if (isExact) this.#all = { marks, surroundings: now.text, jobs };
    return jobs;
  }

  /** Jobs in the order of their marks, but for those that are gone meanwhile. */
  async present(marks: readonly JobMark[], pace: Pace): Promise<ListedJob[]> {
    return await this.#presentBeside(marks, await this.#readSurroundings(), pace);
  }

  async #presentBeside(marks: readonly JobMark[], now: Surroundings, pace: Pace): Promise<ListedJob[]> {
    const jobs = marks.map((mark) => this.#find(mark, now));
    const stale = marks.filter((_mark, index) => jobs[index] === undefined);
    if (stale.length === 0) return jobs.filter((job) => job !== undefined);
    const written = await this.#writeStale(stale, now, pace);
    return marks.flatMap(({ id }, index) => jobs[index] ?? written.get(id) ?? []);
  }

  async #writeStale(
    stale: readonly JobMark[],
    now: Surroundings,
    pace: Pace,
  ): Promise<Map<string, ListedJob>> {
    const turns = new Turns(pace);
    const written = new Map<string, ListedJob>();
    for (let start = 0; start < stale.length; start += ROWS_AT_ONCE) {
      const missing: string[] = [];
      for (const mark of stale.slice(start, start + ROWS_AT_ONCE)) {
        // Another list may have come by here meanwhile.
        const kept = this.#find(mark, now);
        if (kept === undefined) missing.push(mark.id);
        else written.set(mark.id, kept);
      }
      for (const row of await createJobRepository(this.#deps.db).listMarked(missing)) {
        written.set(row.id, this.#write(row, now));
        await turns.next();
      }
    }
    return written;
  }

  /** Forgets all jobs but these. */
  #retain(marks: readonly JobMark[]): void {
    if (this.#kept.size <= marks.length) return;
    const ids = new Set(marks.map(({ id }) => id));
    for (const id of this.#kept.keys()) if (!ids.has(id)) this.#forget(id);
  }

  async #readSurroundings(): Promise<Surroundings> {
    const { db } = this.#deps;
    const pins = await createPinRepository(db).list();
    const ids = await createInstanceRepository(db).readIdsByJob();
    return new SurroundingsNow(pins, ids);
  }

  #find({ id, mark }: JobMark, { instanceIds, pins }: Surroundings): ListedJob | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.mark !== mark) return undefined;
    if (kept.instances !== (instanceIds.get(id)?.join() ?? '')) return undefined;
    return kept.pins === (pins.get(kept.job.name)?.key ?? '') ? kept.job : undefined;
  }

  #write(row: MarkedJob, { instanceIds, pins }: Surroundings): ListedJob {
    const own = { instanceIds: instanceIds.get(row.id) ?? [], pins: pins.get(row.name) };
    const { externalPubUrl } = this.#deps;
    const shown = { externalPubUrl, instanceIds: own.instanceIds, pins: own.pins?.list ?? [] };
    const rest = presentJobBeside(row, shown);
    const { id, name, version, status, update_time, last_call_time, pub_url } = rest;
    const json = [this.#writeManifest(row), toBuffer(`,${JSON.stringify(rest).slice(1, -1)}`)];
    const facts = { id, name, version, status, update_time, last_call_time, pub_url };
    const job = { ...facts, updatedAt: row.updated_at, json };
    const key = { instances: own.instanceIds.join(), pins: own.pins?.key ?? '' };
    this.#keep({ job, mark: row.mark, yaml: row.manifest_yaml, ...key });
    return job;
  }

  /** By far the most work, and seldom needed: a job that is called has a new mark each second, but no new manifest. */
  #writeManifest({ id, manifest_yaml: yaml }: MarkedJob): Buffer {
    const kept = this.#kept.get(id);
    const [manifest] = kept?.yaml === yaml ? kept.job.json : [];
    if (manifest !== undefined) return manifest;
    return toBuffer(JSON.stringify({ manifest: presentManifest(yaml), manifest_yaml: yaml }).slice(0, -1));
  }

  #keep(kept: KeptJob): void {
    this.#forget(kept.job.id);
    const size = sizeOf(kept);
    // When it is full, what is kept stays: lists go through all jobs, so that the oldest is the next one asked for.
    if (this.#keptBytes + size > MAX_KEPT_BYTES) return;
    this.#kept.set(kept.job.id, kept);
    this.#keptBytes += size;
  }

  #forget(id: string): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#keptBytes -= sizeOf(kept);
    this.#kept.delete(id);
  }
}

function sizeOf({ job, mark, yaml }: KeptJob): number {
  const json = job.json.reduce((sum, piece) => sum + piece.byteLength, 0);
  return json + mark.length + yaml.length + BYTES_EACH;
}

/** Of its own: a piece of the shared pool would keep its neighbours in memory after they were replaced. */
function toBuffer(text: string): Buffer {
  const buffer = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  buffer.write(text);
  return buffer;
}
