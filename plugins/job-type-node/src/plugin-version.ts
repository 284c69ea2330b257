/** Version of the plugin and of its job type. */
export const PLUGIN_VERSION = '1.0.0';
