// A disk with many images of many packages, made here: a classic data root by hand on ext4, each image one layer with
// dpkg's database and nothing else.

import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** Name of the package with this number. */
export const packageName = (number) => `package-${String(number).padStart(5, '0')}`;

/** Most packages are the same everywhere, every seventh drifts, every eleventh is not everywhere. */
function version(number, image) {
  if (number % 11 === 0 && image % 3 === 0) return null;
  return number % 7 === 0 ? `1.${image % 4}.${number % 10}-1` : `2.${number % 10}-1`;
}

/** Writes the disk into `folder`; its path. */
export function makeManyPackages(folder, images, packages) {
  const files = join(folder, 'files');
  const root = join(files, 'docker');
  const put = (path, content) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  for (const name of ['overlay2/l', 'containers', 'volumes', 'network/files', 'tmp']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  put('engine-id', '6f0a2c52-6f5c-4f0e-9d35-0c7b1a7c9f12');
  const repositories = {};
  for (let image = 0; image < images; image += 1) {
    const cache = sha256(`cache ${image}`);
    const layer = `sha256:${sha256(`layer ${image}`)}`;
    const config = JSON.stringify({
      architecture: 'amd64', os: 'linux', created: '2026-01-01T00:00:00Z', config: {},
      history: [{ created: '2026-01-01T00:00:00Z', created_by: `RUN install everything # ${image}` }],
      rootfs: { type: 'layers', diff_ids: [layer] },
    });
    const id = sha256(config);
    const name = `team/image-${String(image).padStart(2, '0')}`;
    repositories[name] = { [`${name}:1`]: `sha256:${id}` };
    put(`image/overlay2/imagedb/content/sha256/${id}`, config);
    const chain = `image/overlay2/layerdb/sha256/${layer.slice(7)}`;
    put(`${chain}/diff`, layer);
    put(`${chain}/cache-id`, cache);
    put(`${chain}/size`, '1');
    put(`overlay2/${cache}/link`, cache.slice(0, 26).toUpperCase());
    let status = '';
    for (let number = 0; number < packages; number += 1) {
      const its = version(number, image);
      if (its === null) continue;
      status += `Package: ${packageName(number)}\nStatus: install ok installed\nArchitecture: amd64\n` +
        `Source: source-${Math.floor(number / 4)}\nVersion: ${its}\n\n`;
    }
    put(`overlay2/${cache}/diff/var/lib/dpkg/status`, status);
    put(`overlay2/${cache}/diff/etc/os-release`, 'ID=debian\nVERSION_ID="12"\n');
  }
  put('image/overlay2/repositories.json', JSON.stringify({ Repositories: repositories }));
  const disk = join(folder, 'many-packages.raw');
  const made = spawnSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', files, disk, '256M'], {
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  if (made.status !== 0) throw new Error(`mke2fs: ${made.stderr}`);
  rmSync(files, { recursive: true });
  return disk;
}
