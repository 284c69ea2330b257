import { definePlugin } from '@racetrack-platform/plugin-sdk';
import { createProcessTarget } from './process-target.ts';
import { openProcessTable } from './processes/process-table.ts';
import { parseSettings, readBaseEnvironment } from './settings.ts';

/** Runs jobs as processes of this machine: no containers, nothing to install. */
export default definePlugin({
  id: 'infrastructure-process',
  version: '0.1.0',
  apiVersion: 1,
  category: 'infrastructure',
  async setup({ settings, platform, dataDir, log, addInfrastructureTarget }) {
    const target = await createProcessTarget({
      // What the platform says cannot be configured away.
      settings: parseSettings({ ...settings, ...platform }, dataDir),
      table: openProcessTable(),
      baseEnvironment: readBaseEnvironment(),
      log,
    });
    addInfrastructureTarget(target);
  },
});
