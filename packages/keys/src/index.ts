export { describeKey, fingerprintOf, isKeyOfStore } from './describe-key.ts';
export { inspectKeys, type KeyReport } from './inspect-keys.ts';
export { openKeys, type KeyChecks, type KeySources, type Keys, type OpenKeysOptions } from './open-keys.ts';
export { prepareReplacement, readKeys, type KeyReplacement } from './replace-key.ts';
export { TUTORIAL_AUTH_KEY } from './tutorial-key.ts';
