import plugin from './src/index.ts';

/** What a pinned version of this plugin is loaded by; see plugin-manifest.yaml. */
export default plugin;
