/** The door: series that another server keeps, read by its HTTP API and written by remote write. The way past one machine. */
export type { RemoteAccess } from './http-api.ts';
export { RemoteEngine } from './remote-engine.ts';
export { RemoteWriter } from './remote-writer.ts';
