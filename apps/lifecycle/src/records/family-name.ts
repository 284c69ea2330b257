/** Names of job families: those that manifests can have. */
export const FAMILY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
