import { serveRender } from './render/serve-render.ts';

/*
 * Renders the Dockerfiles of one job, or checks those of a plugin: one request line in, one answer line out. Templates
 * come from outside, so control runs this with limits of time and memory, and ends it when they are reached.
 */
const answer = await serveRender(process.stdin);
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
