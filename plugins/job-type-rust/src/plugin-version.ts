/**
 * Version of the plugin and of its job type. Bundled versions are numbered above the published ones (1.3.0), so that
 * `rust:latest` means this one (design D6).
 */
export const PLUGIN_VERSION = '1.4.0';
