/**
 * Version of the plugin and of its job type. Bundled versions are numbered above the published ones (2.15.1), so that
 * `python3:latest` means this one (design D6).
 */
export const PLUGIN_VERSION = '2.16.0';
