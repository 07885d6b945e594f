import { createHash, randomBytes } from 'node:crypto';
import type { UserInfo } from '../../kubernetes/serve/serve.ts';

/** The bearer tokens that are known: the given ones, and those issued to parts of this process. Kept by their hashes. */
export class TokenBook {
  readonly #users = new Map<string, UserInfo>();
  readonly #issued = new Map<string, string>();

  constructor(given: ReadonlyMap<string, UserInfo> = new Map()) {
    for (const [token, user] of given) this.#users.set(digest(token), user);
  }

  /** Looked up by hash, so that the time it takes says nothing about the token. */
  userOf(token: string): UserInfo | undefined {
    return this.#users.get(digest(token));
  }

  /** The same user and groups get the same token again. */
  issue(name: string, groups: readonly string[]): string {
    const key = JSON.stringify([name, groups]);
    let token = this.#issued.get(key);
    if (token === undefined) {
      token = randomBytes(32).toString('base64url');
      this.#issued.set(key, token);
      this.#users.set(digest(token), { name, groups });
    }
    return token;
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
