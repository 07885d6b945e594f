import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const imageName = 'docker.io/local/box:1';

const applets = ['sh', 'cat', 'date', 'dd', 'echo', 'head', 'printf', 'seq', 'sleep', 'tail', 'tr', 'yes'];
const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Makes an image of one static busybox as an OCI layout in a tar, in `directory`; returns the tar's path. It also serves as
 * the sandbox's image, so its own command sleeps.
 */
export function makeImage(directory: string, busybox: string): string {
  const root = join(directory, 'root');
  mkdirSync(join(root, 'bin'), { recursive: true });
  for (const folder of ['dev', 'etc', 'proc', 'sys', 'tmp']) mkdirSync(join(root, folder));
  copyFileSync(busybox, join(root, 'bin', 'busybox'));
  for (const applet of applets) symlinkSync('busybox', join(root, 'bin', applet));
  const layerTar = join(directory, 'layer.tar');
  execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-cf', layerTar, '.']);

  const layout = join(directory, 'layout');
  mkdirSync(join(layout, 'blobs', 'sha256'), { recursive: true });
  const blob = (content: Buffer, mediaType: string) => {
    const digest = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(layout, 'blobs', 'sha256', digest), content);
    return { mediaType, digest: `sha256:${digest}`, size: content.length };
  };
  const json = (value: unknown, type: string) =>
    blob(Buffer.from(JSON.stringify(value)), `application/vnd.oci.image.${type}+json`);

  const layer = blob(readFileSync(layerTar), 'application/vnd.oci.image.layer.v1.tar');
  const config = json(
    {
      architecture: architectures[process.arch] ?? process.arch,
      os: 'linux',
      config: { Env: ['PATH=/bin'], Cmd: ['/bin/sleep', '2147483647'] },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    },
    'config.v1',
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = json({ schemaVersion: 2, mediaType, config, layers: [layer] }, 'manifest.v1');
  const annotations = { 'io.containerd.image.name': imageName };
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  );
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const imageTar = join(directory, 'image.tar');
  execFileSync('tar', ['-C', layout, '-cf', imageTar, 'blobs', 'index.json', 'oci-layout']);
  return imageTar;
}
