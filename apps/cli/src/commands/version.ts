import packageJson from '../../package.json' with { type: 'json' };
import { defineCommand } from '../command/define-command.ts';

/** Racetrack release whose servers, manifests and configuration file this client works with. */
const COMPATIBLE_VERSION = '2.36.0';

/** Reads its own package instead of the contracts, which take three times as long to load as everything else here. */
export const versionCommand = defineCommand({
  input: { parse: () => ({}) },
  run: async () => ({
    version: packageJson.version,
    compatible_with: COMPATIBLE_VERSION,
    node: process.version,
  }),
  render: ({ version, compatible_with: compatible }) =>
    `racetrack-client version ${version} (compatible with Racetrack ${compatible})\n`,
});
