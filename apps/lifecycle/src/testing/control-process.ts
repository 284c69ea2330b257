/** A control process of a test: started with the settings of its environment, ended by a message or by its parent's end. */
import process from 'node:process';
import { parseConfig } from '../config.ts';
import { startControl } from '../start-control.ts';
import { createLogger } from '../telemetry/logger.ts';

const { TEST_PLUGINS_DIR: pluginsDir = '' } = process.env;
process.on('disconnect', () => process.exit(1));
const control = await startControl({
  config: parseConfig(process.env),
  env: process.env,
  logger: createLogger({ level: 'info', name: 'lifecycle' }),
  notice: () => {},
  pluginsDir,
});
process.on('message', () => void control.stop().finally(() => process.exit(0)));
process.send?.(control.endpoints);
