import { spawnSync } from 'node:child_process';
import type { Figure, Measure } from '../figure.ts';
import { LANGUAGES } from '../wrappers/languages.ts';
import { measureLanguage } from '../wrappers/measure-language.ts';

/** CPU time, start and memory of each language's wrapper, beside servers that do less or did it before. */
export const wrappers: Measure = {
  name: 'wrappers',
  title: 'CPU time of a call, first start and memory of the wrappers of all languages',
  async run(context) {
    if (process.platform !== 'linux') return { kind: 'skipped', reason: 'CPU times are read from /proc' };
    const figures: Figure[] = [];
    const skipped: string[] = [];
    for (const language of LANGUAGES) {
      const { error } = spawnSync(language.toolchain, ['--version'], { stdio: 'ignore' });
      if (error !== undefined) {
        skipped.push(`${language.title}: there is no ${language.toolchain} on this machine`);
        continue;
      }
      try {
        figures.push(...(await measureLanguage(language, context)));
      } catch (problem) {
        skipped.push(`${language.title}: ${problem instanceof Error ? problem.message : String(problem)}`);
      }
    }
    for (const reason of skipped) context.report(`skipped ${reason}`);
    return figures.length === 0
      ? { kind: 'skipped', reason: skipped.join('; ') }
      : { kind: 'figures', figures, skipped };
  },
};
