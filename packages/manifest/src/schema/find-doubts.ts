import { findQuantity } from '../quantities/parse-quantity.ts';
import type { Manifest } from './manifest-schema.ts';
import type { Complaint } from './present-issues.ts';
import { SHADOWED_JOB_NAMES } from './reserved-names.ts';

/** Less memory than any program can run in: somebody wrote `m` (a thousandth) for `M`. */
const DOUBTFUL_MEMORY_BYTES = 1024 ** 2;
/** More cores than machines have: somebody wrote `500` for `500m`. */
const DOUBTFUL_CORES = 256;

/** Finds what is allowed but old, or hardly meant. */
export function findDoubts(manifest: Manifest): Complaint[] {
  return [
    ...findOldNames(manifest),
    ...findDoubtfulName(manifest.name),
    ...findCredentials(manifest.git.remote),
    ...findDoubtfulAmounts(manifest),
  ];
}

function findOldNames(manifest: Manifest): Complaint[] {
  const doubts: Complaint[] = [];
  if (manifest.lang !== null) doubts.push({ field: ['lang'], text: 'is the old name of jobtype; rename it' });
  for (const name of ['golang', 'python', 'wrapper_properties'] as const) {
    if (manifest[name] !== null) {
      doubts.push({ field: [name], text: 'is the old name of jobtype_extra; rename it' });
    }
  }
  if (manifest.docker !== null) {
    doubts.push({ field: ['docker'], text: 'is no longer used; move its settings to jobtype_extra' });
  }
  return doubts;
}

function findDoubtfulName(name: string): Complaint[] {
  if (SHADOWED_JOB_NAMES.includes(name)) {
    return [
      {
        field: ['name'],
        text: `${name} is also a route of the API, so this job is hidden in places; choose another name`,
      },
    ];
  }
  if (!name.includes('_')) return [];
  const text = `${name} has underscores, which host names cannot have; some targets show the job under a changed name, so "-" is the better choice`;
  return [{ field: ['name'], text }];
}

function findCredentials(remote: string): Complaint[] {
  const url = URL.parse(remote);
  if (url === null || (url.username === '' && url.password === '')) return [];
  const text =
    'holds a user name or password that everybody who sees the job can read; remove it and run "racetrack set credentials"';
  return [{ field: ['git', 'remote'], text }];
}

function findDoubtfulAmounts({ resources }: Manifest): Complaint[] {
  const doubts: Complaint[] = [];
  for (const field of ['memory_min', 'memory_max'] as const) {
    const text = resources?.[field] ?? '0';
    const bytes = findQuantity(text) ?? 0;
    if (bytes > 0 && bytes < DOUBTFUL_MEMORY_BYTES) {
      const right = text.endsWith('m')
        ? `; for mebibytes write ${text.slice(0, -1)}Mi`
        : '; write a size such as 512Mi';
      doubts.push({ field: ['resources', field], text: `${text} is only ${bytes} bytes${right}` });
    }
  }
  for (const field of ['cpu_min', 'cpu_max'] as const) {
    const text = resources?.[field] ?? '0';
    if ((findQuantity(text) ?? 0) > DOUBTFUL_CORES) {
      const right = /^\d+$/.test(text) ? `; for thousandths of a core write ${text}m` : '';
      doubts.push({
        field: ['resources', field],
        text: `${text} is a number of whole processor cores${right}`,
      });
    }
  }
  return doubts;
}
