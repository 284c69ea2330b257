/** The wrapper of the sample plugin for Go, built with the real toolchain, runs its stub and the sample job */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkGoWrapper, findNoGo } from '../support/go-wrapper.ts';

const SAMPLE = fileURLToPath(new URL('../../../sample/plugins', import.meta.url));
const noGo = findNoGo();

test.skipIf(noGo !== undefined)(
  `the stub and the job answer${noGo === undefined ? '' : ` (${noGo})`}`,
  async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'racetrack-go-'));
    try {
      const wrapper = join(scratch, 'go_wrapper');
      await cp(join(SAMPLE, 'golang-job-type/go_wrapper'), wrapper, { recursive: true });
      await checkGoWrapper(wrapper, scratch);
      await rm(join(wrapper, 'handler'), { recursive: true });
      await cp(join(SAMPLE, 'golang-function'), join(wrapper, 'handler'), { recursive: true });
      await expect(checkGoWrapper(wrapper, scratch)).resolves.toBeUndefined();
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
);
