import { Fault, messageOf } from '../../base/fault.ts';
import { ApiError } from '../../kubernetes/client/status.ts';
import type { Explained } from './explain.ts';
import { MetricsUnavailable, NoMetricsApi } from './metrics-api.ts';
import { NoFiguresYet } from './read-pods.ts';

export interface Said {
  text: string;
  hint?: string;
}

/** What kubectl says of an error, and what to do next. Undefined: nothing that kubectl has words of its own for. */
export function inKubectlsWords(error: unknown, doctor: string): Said | undefined {
  const broken = `"${doctor}" finds out which part of the way is broken`;
  if (error instanceof NoMetricsApi) return { text: `error: ${error.message}`, hint: broken };
  if (error instanceof MetricsUnavailable)
    return { text: `Error from server (ServiceUnavailable): ${error.message}`, hint: broken };
  if (error instanceof NoFiguresYet) return { text: `error: ${error.message}` };
  if (error instanceof Fault && error.code === 'unavailable')
    return { text: `error: ${error.message}`, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 401) return { text: 'error: You must be logged in to the server (Unauthorized)', hint: broken };
  const cause = causeOf(error);
  return {
    text: `Error from server (${error.reason}): ${error.message}`,
    ...(cause === undefined ? {} : { hint: cause }),
  };
}

/** Our own metrics server says among the causes why there are no figures. */
function causeOf({ details }: ApiError): string | undefined {
  const [cause] = Array.isArray(details?.causes) ? details.causes : [];
  return cause?.reason && cause.message ? `${cause.reason}: ${cause.message}` : undefined;
}

export function toldText({ text, hint }: Said): string {
  return `${text}\n${hint === undefined ? '' : `hint: ${hint}\n`}`;
}

export function anyErrorText(error: unknown, doctor: string): string {
  const said = inKubectlsWords(error, doctor);
  return said ? toldText(said) : `error: ${messageOf(error)}\n`;
}

/** What passes by itself within a scrape or two needs no doctor. */
export function needsDoctor(explained: readonly Explained[]): boolean {
  return explained.some(({ reason }) => reason !== 'FirstPoint' && reason !== 'NotInStep');
}
