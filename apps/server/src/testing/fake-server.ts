import { runServer } from '../run-server.ts';

/** The launcher with fake roles, for its integration tests: `fake-server.ts PUB CONTROL [argument…]`. */
const [pub = '', control = '', ...args] = process.argv.slice(2);

process.exit(
  await runServer({
    args,
    env: process.env,
    version: '9.9.9',
    entries: { pub, control },
    importEntry: '',
    nodeFlags: [],
  }),
);
