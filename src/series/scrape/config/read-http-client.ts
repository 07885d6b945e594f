import { dirname, isAbsolute, join } from 'node:path';
import type { HttpClientConfig, Secret, TlsConfig } from './config.ts';
import type { Section } from './section.ts';

/** Relative paths are relative to the file that names them. */
export type ResolvePath = (path: string) => string;

export function resolveFrom(file: string): ResolvePath {
  return (path) => (path === '' || isAbsolute(path) ? path : join(dirname(file), path));
}

/** The keys of a scrape_config that say how to connect. */
export function readHttpClient(section: Section, resolve: ResolvePath): HttpClientConfig {
  const basicAuth = readBasicAuth(section, resolve);
  const authorization = readAuthorization(section, resolve);
  if (basicAuth && authorization) throw section.wrong('basic_auth', 'and authorization cannot both be given');
  const config: HttpClientConfig = {
    basicAuth,
    authorization,
    tls: readTls(section.section('tls_config'), resolve),
    followRedirects: section.flag('follow_redirects', true),
    headers: readHeaders(section),
    clusterAccess: section.flag('taffrail_cluster_access', false),
  };
  // HTTP/1.1 is spoken either way, and every target speaks it.
  section.flag('enable_http2', true);
  for (const key of ['oauth2', 'proxy_url', 'no_proxy', 'proxy_from_environment', 'proxy_connect_header'])
    section.unsupported(key, 'targets are asked directly', [false]);
  return config;
}

function readBasicAuth(parent: Section, resolve: ResolvePath): HttpClientConfig['basicAuth'] {
  if (!parent.has('basic_auth')) return undefined;
  const section = parent.section('basic_auth');
  const username = readSecret(section, 'username', resolve) ?? { text: '' };
  const password = readSecret(section, 'password', resolve);
  section.unsupported('username_ref', 'secrets are read from files or the configuration');
  section.unsupported('password_ref', 'secrets are read from files or the configuration');
  section.done();
  return { username, password };
}

function readAuthorization(parent: Section, resolve: ResolvePath): HttpClientConfig['authorization'] {
  const bearer = readSecret(parent, 'bearer_token', resolve);
  if (!parent.has('authorization')) return bearer && { type: 'Bearer', credentials: bearer };
  if (bearer) throw parent.wrong('authorization', 'and bearer_token cannot both be given');
  const section = parent.section('authorization');
  const type = section.text('type', 'Bearer').trim();
  if (type.toLowerCase() === 'basic') throw section.wrong('type', 'cannot be "basic"; use basic_auth');
  const credentials = readSecret(section, 'credentials', resolve);
  section.unsupported('credentials_ref', 'secrets are read from files or the configuration');
  section.done();
  return { type, credentials };
}

function readTls(section: Section, resolve: ResolvePath): TlsConfig {
  const tls: TlsConfig = {
    ca: readSecret(section, 'ca', resolve),
    cert: readSecret(section, 'cert', resolve),
    key: readSecret(section, 'key', resolve),
    serverName: section.optionalText('server_name'),
    insecureSkipVerify: section.flag('insecure_skip_verify', false),
  };
  if ((tls.cert === undefined) !== (tls.key === undefined))
    throw section.wrong(undefined, 'has a certificate without a key, or a key without a certificate');
  for (const key of ['min_version', 'max_version', 'ca_ref', 'cert_ref', 'key_ref'])
    section.unsupported(key, 'the versions of TLS are those of Node');
  section.done();
  return tls;
}

function readHeaders(parent: Section): Record<string, string> {
  const headers = parent.section('http_headers');
  const values: Record<string, string> = {};
  for (const name of headers.keys()) {
    const section = headers.section(name);
    const texts = [...section.texts('values'), ...section.texts('secrets')];
    section.unsupported('files', 'the values of headers stand in the configuration');
    section.done();
    if (texts.length > 0) values[name.toLowerCase()] = texts.join(', ');
  }
  return values;
}

/** `key`, or `key_file`; not both. */
function readSecret(section: Section, key: string, resolve: ResolvePath): Secret | undefined {
  const text = section.optionalText(key);
  const file = section.optionalText(`${key}_file`);
  if (text !== undefined && file !== undefined) throw section.wrong(key, `and ${key}_file cannot both be given`);
  if (file !== undefined) return { file: resolve(file) };
  return text === undefined ? undefined : { text };
}
