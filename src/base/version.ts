import { readFileSync } from 'node:fs';

/** The version of this build, as package.json names it. */
export const version: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

/** As people are told it. */
export const versionText = `taffrail ${version} (node ${process.versions.node})`;
