/**
 * Version of the plugin and of its job type. Bundled versions are numbered above the published ones (1.5.0), so that
 * `golang:latest` means this one (design D6).
 */
export const PLUGIN_VERSION = '1.6.0';
