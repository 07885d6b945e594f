import type { Answer, ApiRequest, Page } from './api.ts';
import { textAnswer } from './routes.ts';
import { unknownPath } from './status.ts';

/** One thing that has to be in order. */
export interface HealthCheck {
  name: string;
  /** Undefined where it is in order, else what is wrong: for our own log, since anybody may ask. */
  failure(): string | undefined;
}

/**
 * A health endpoint as API servers have it: `ok`, or every check with `?verbose` and whenever one fails, less those that
 * `?exclude` names; each check also below, as in /readyz/NAME. Open to everybody; `told` gets the reasons that are withheld.
 */
export function healthPage(
  path: '/healthz' | '/livez' | '/readyz',
  checks: readonly HealthCheck[],
  told: (name: string, failure: string) => void,
): Page {
  const answer = (request: ApiRequest, pathname: string): Answer => {
    if (pathname === path) return answerAll(path.slice(1), checks, request.query, told);
    const one = checks.find(({ name }) => pathname === `${path}/${name}`);
    if (!one) throw unknownPath();
    const failure = one.failure();
    if (failure === undefined) return textAnswer(200, 'ok');
    told(one.name, failure);
    return textAnswer(500, 'internal server error: reason withheld\n');
  };
  return { path, below: true, access: 'open', answer };
}

function answerAll(
  endpoint: string,
  checks: readonly HealthCheck[],
  query: URLSearchParams,
  told: (name: string, failure: string) => void,
): Answer {
  const excluded = new Set(query.getAll('exclude'));
  let failed = false;
  let lines = '';
  for (const { name, failure } of checks) {
    if (excluded.delete(name)) {
      lines += `[+]${name} excluded: ok\n`;
      continue;
    }
    const reason = failure();
    if (reason === undefined) {
      lines += `[+]${name} ok\n`;
      continue;
    }
    failed = true;
    lines += `[-]${name} failed: reason withheld\n`;
    told(name, reason);
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(',');
    lines += `warn: some health checks cannot be excluded: no matches for ${names}\n`;
  }
  if (failed) return textAnswer(500, `${lines}${endpoint} check failed\n`);
  return textAnswer(200, query.has('verbose') ? `${lines}${endpoint} check passed\n` : 'ok');
}
