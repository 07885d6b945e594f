import { globSync, readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { Fault, messageOf } from '../../../base/fault.ts';
import type { JobConfig, ScrapeConfig } from './config.ts';
import { resolveFrom } from './read-http-client.ts';
import { type JobDefaults, readGlobal, readJob } from './read-job.ts';
import { Section, type Source } from './section.ts';

const fileBytesMax = 16 * 1024 * 1024;
/** Sections of a prometheus.yml that are other programs' work here, or nobody's. */
const otherSections: Record<string, string> = {
  alerting: 'alerts are not sent',
  rule_files: 'rules are not evaluated',
  remote_write: 'samples are not sent on',
  remote_read: 'series are not read from elsewhere',
  storage: 'the store has settings of its own',
  tracing: 'requests are not traced',
  otlp: 'what arrives by OTLP is named as it comes',
  runtime: 'the runtime is Node',
};

/** Reads a prometheus.yml. Throws Fault `usage` that names file, line and key. */
export function readScrapeConfigFile(file: string): ScrapeConfig {
  return readScrapeConfig(contentOf(file), file);
}

/** `file` is what messages call the text, and what relative paths are relative to. */
export function readScrapeConfig(text: string, file: string): ScrapeConfig {
  const { root, source } = open(text, file);
  const resolve = resolveFrom(file);
  const defaults = readGlobal(root.section('global'));
  const jobs = root.sections('scrape_configs').map((job) => readJob(job, defaults, resolve));
  const further = root.texts('scrape_config_files').flatMap((pattern) => globSync(resolve(pattern)).sort());
  for (const path of further) jobs.push(...readFurther(path, defaults, source.unsupported));
  for (const [key, why] of Object.entries(otherSections)) root.unsupported(key, why);
  const monitors = root.flag('taffrail_monitors', false);
  root.done();
  checkNames(jobs, root);
  const { intervalMs, timeoutMs } = defaults;
  return { jobs, intervalMs, timeoutMs, monitors, unsupported: source.unsupported };
}

function readFurther(file: string, defaults: JobDefaults, unsupported: string[]): JobConfig[] {
  const { root, source } = open(contentOf(file), file);
  const jobs = root.sections('scrape_configs').map((job) => readJob(job, defaults, resolveFrom(file)));
  root.done();
  unsupported.push(...source.unsupported);
  return jobs;
}

function open(text: string, file: string): { root: Section; source: Source } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const error = document.errors[0];
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new Fault('usage', `${file}:${line}:${col}: ${error.message.split('\n')[0]}`);
  }
  const source: Source = { file, lines, unsupported: [] };
  return { root: new Section(source, document.contents, ''), source };
}

function contentOf(file: string): string {
  try {
    const content = readFileSync(file);
    if (content.length > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax} bytes`);
    return content.toString();
  } catch (error) {
    throw new Fault('usage', `${file} cannot be read: ${messageOf(error)}`);
  }
}

function checkNames(jobs: readonly JobConfig[], root: Section): void {
  const names = new Set<string>();
  for (const { jobName } of jobs) {
    if (names.has(jobName)) throw root.wrong('scrape_configs', `has two jobs with the name ${JSON.stringify(jobName)}`);
    names.add(jobName);
  }
}
