/**
 * The door: what is needed to serve a Kubernetes-style API. `startApiServer` takes versions of groups; `createResourceVersion`
 * makes one out of resources that are plain data with a backing; an API of another shape implements `ApiVersion` itself.
 */
export * from './age.ts';
export * from './api.ts';
export { attributesOf } from './attributes.ts';
export * from './authentication.ts';
export * from './authorization.ts';
export * from './backing.ts';
export * from './health.ts';
export * from './limits.ts';
export { negotiate, type Representation } from './negotiation.ts';
export type { OpenApiDocuments } from './openapi.ts';
export { parseDeleteOptions, parseFlag } from './options.ts';
export { createResourceVersion } from './resource-version.ts';
export { textAnswer } from './routes.ts';
export * from './server.ts';
export * from './status.ts';
export * from './table.ts';
export { objectViews } from './verbs.ts';
export * from './window.ts';
