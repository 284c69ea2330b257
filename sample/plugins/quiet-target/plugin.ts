import { definePlugin } from '@racetrack-platform/plugin-sdk';
import { createQuietTarget } from './quiet-target.ts';

/** Adds the target `quiet`: jobs run in the background, and give way to whatever else the machine has to do. */
export default definePlugin({
  id: 'quiet-target',
  version: '1.0.0',
  apiVersion: 1,
  category: 'infrastructure',

  settingsSchema: {
    type: 'object',
    properties: { niceness: { type: 'integer', minimum: 0, maximum: 19 } },
    additionalProperties: false,
  },

  setup({ dataDir, settings, addInfrastructureTarget, addHooks, log }) {
    const niceness = Number(settings['niceness'] ?? 10);
    addInfrastructureTarget(createQuietTarget(dataDir, niceness));
    addHooks({
      markdownDocs: () => `Jobs on the target \`quiet\` run with niceness ${niceness}.`,
    });
    log('info', 'the target quiet is there', { niceness });
  },
});
