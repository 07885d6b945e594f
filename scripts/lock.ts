/**
 * Completes package-lock.json: `sh scripts/node.sh scripts/lock.ts`, after every change of a dependency.
 *
 * npm leaves out an optional dependency (a binary for another platform) that the registry at hand does not have, and `npm ci`
 * of npm 11 then refuses the lock file on every platform. Each gets an entry with the exact version that its parent names.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Entry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const systems = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32', 'aix'];
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64', 'loong64', 'mips64el'];

export function completed(packages: Record<string, Entry>): Record<string, Entry> {
  const all = { ...packages };
  for (const { optionalDependencies, dev } of Object.values(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
      const path = `node_modules/${name}`;
      if (path in all || !/^\d+\.\d+\.\d+/.test(version)) continue;
      all[path] = { version, ...platformOf(name), ...(dev && { dev }), optional: true };
    }
  }
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `@scope/binding-linux-arm64-musl` is for linux on arm64 with musl. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[/-]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : [];
  return { ...(os.length > 0 && { os }), ...(cpu.length > 0 && { cpu }), ...(libc.length > 0 && { libc }) };
}

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Entry> };
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: completed(lock.packages) }, null, 2)}\n`);
}
