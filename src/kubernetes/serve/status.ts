import { Fault, type FaultCode } from '../../base/fault.ts';
import type { FieldError } from '../schema/schema.ts';

/** meta/v1 Status: what the API answers when it does not answer with an object. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  /** Of the plural name where there is one, else of the kind. */
  kind?: string;
  uid?: string;
  causes?: { reason: string; message: string; field?: string }[];
  retryAfterSeconds?: number;
}

/** Group and plural name of a resource; the group is empty for the core. */
export interface GroupResource {
  group: string;
  plural: string;
}

/** A refusal in Kubernetes's own shape and words; thrown anywhere below the server, answered by it. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

export function success(details: StatusDetails): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details, code: 200 };
}

const qualified = ({ group, plural }: GroupResource) => (group === '' ? plural : `${plural}.${group}`);
const detailsOf = ({ group, plural }: GroupResource, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export const notFound = (resource: GroupResource, name: string) =>
  new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));

export const alreadyExists = (resource: GroupResource, name: string) =>
  new StatusError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, detailsOf(resource, name));

export const objectModified =
  'the object has been modified; please apply your changes to the latest version and try again';

export const conflict = (resource: GroupResource, name: string, why = objectModified) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  );

export const forbidden = (resource: GroupResource, name: string, why: string) =>
  new StatusError(
    403,
    'Forbidden',
    `${qualified(resource)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    detailsOf(resource, name),
  );

/** 422 with one cause a field, in Kubernetes's wording. */
export function invalid(group: string, kind: string, name: string, errors: readonly FieldError[]): StatusError {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  const summary = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError(422, 'Invalid', `${kind} "${name}" is invalid: ${summary}`, {
    name,
    ...(group === '' ? {} : { group }),
    kind,
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

/** 422 for a request as a whole, where no field is to blame. */
export const unprocessable = (message: string) => new StatusError(422, 'Invalid', message, {});

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message);
export const unauthorized = () => new StatusError(401, 'Unauthorized', 'Unauthorized');
export const internalError = (message: string) =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ reason: '', message }] });
export const unknownPath = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
/** A subresource that people know from elsewhere (exec, attach, portforward), and that is not here. */
export const notServed = (what: string) =>
  new StatusError(404, 'NotFound', `${what} is not served by this API server`, {});
export const methodNotAllowed = () =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
export const verbNotSupported = (resource: GroupResource, verb: string) =>
  new StatusError(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${qualified(resource)}"`,
    detailsOf(resource, ''),
  );

export const unsupportedMediaType = (accepted: readonly string[]) =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

export const notAcceptable = (accepted: readonly string[]) =>
  new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);

export const bodyTooLarge = (bytesMax: number) =>
  new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bytesMax}`);

export const tooManyRequests = (message: string, retryAfterSeconds: number, causes?: StatusDetails['causes']) =>
  new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds, ...(causes ? { causes } : {}) });

export const unavailable = (message: string) =>
  new StatusError(503, 'ServiceUnavailable', message, { retryAfterSeconds: 1 });

/** A resource version that is no longer kept: the client lists again. */
export const expired = (message: string) => new StatusError(410, 'Expired', message);

export const tooOld = (version: number, oldest: number) => expired(`too old resource version: ${version} (${oldest})`);

/** A resource version that has not been reached yet. */
export const tooLargeVersion = (version: number, current: number) =>
  new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${version}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

const faultStatus: Partial<Record<FaultCode, (message: string) => StatusError>> = {
  'bad-request': badRequest,
  usage: badRequest,
  'bad-manifest': badRequest,
  unauthenticated: unauthorized,
  forbidden: (message) => new StatusError(403, 'Forbidden', message),
  'not-found': (message) => new StatusError(404, 'NotFound', message),
  conflict: (message) => new StatusError(409, 'Conflict', message),
  overloaded: (message) => tooManyRequests(message, 1),
  unavailable,
  'disk-full': unavailable,
};

/** Undefined when the error is not meant for a reader: a defect of ours. */
export function statusErrorOf(error: unknown): StatusError | undefined {
  if (error instanceof StatusError) return error;
  if (error instanceof Fault) return faultStatus[error.code]?.(error.message);
  return undefined;
}
