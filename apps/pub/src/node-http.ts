/**
 * `node:http` without its WebSocket client: an `import` of values asks for every name it exports, and that one name loads
 * all of undici, some 75 ms of CPU at each start. Types are imported as usual.
 */
export const { Agent, createServer, request, ServerResponse, STATUS_CODES } =
  process.getBuiltinModule('node:http');
