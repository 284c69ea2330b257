import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import path from 'node:path';
import { parseBenchArguments, USAGE } from './bench-arguments.ts';
import type { Figure, Measure } from './figure.ts';
import { callCpu } from './measures/call-cpu.ts';
import { memory } from './measures/memory.ts';
import { scaleOnPostgres, scaleOnSqlite } from './measures/scale.ts';
import { timeToReady } from './measures/time-to-ready.ts';
import { warmDeploy } from './measures/warm-deploy.ts';
import { wrappers } from './measures/wrappers.ts';
import { renderTable } from './output/render-table.ts';

const MEASURES: readonly Measure[] = [
  timeToReady,
  memory,
  callCpu,
  warmDeploy,
  wrappers,
  scaleOnSqlite,
  scaleOnPostgres,
];

const request = parseBenchArguments(
  process.argv.slice(2),
  MEASURES.map(({ name }) => name),
);
if (request === undefined) {
  console.error(USAGE);
  process.exit(2);
}

const figures: Figure[] = [];
const skipped: { name: string; reason: string }[] = [];
let failedCount = 0;
for (const measure of MEASURES.filter(({ name }) => request.only?.includes(name) ?? true)) {
  console.error(`\n${measure.title}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'racetrack-bench-'));
  try {
    const outcome = await measure.run({
      folder,
      runCount: request.runCount,
      report: (line) => console.error(`  ${line}`),
    });
    if (outcome.kind === 'figures') {
      figures.push(...outcome.figures);
      for (const reason of outcome.skipped ?? []) skipped.push({ name: measure.name, reason });
    } else skipped.push({ name: measure.name, reason: outcome.reason });
  } catch (error) {
    failedCount += 1;
    console.error(`  failed: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    // What has just ended may still be giving back its files.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const [cpu] = cpus();
const machine = {
  cpu: cpu?.model.trim() ?? 'unknown',
  cpuCount: cpus().length,
  system: `${process.platform} ${release()}`,
  node: process.versions.node,
};
if (request.format === 'json') {
  console.log(JSON.stringify({ machine, figures, skipped }, undefined, 2));
} else {
  console.log(`\n${machine.cpuCount} × ${machine.cpu}, ${machine.system}, Node.js ${machine.node}\n`);
  console.log(renderTable(figures));
  for (const { name, reason } of skipped) console.log(`skipped ${name}: ${reason}`);
}
process.exit(failedCount === 0 ? 0 : 1);
