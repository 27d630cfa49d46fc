// What makes the built pages checkable: an integrity attribute on everything that a page names, and a
// list of all files' hashes, whose own hash the pages show.

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Plugin, Rollup } from 'vite';

/** The list's name; its lines are those of `sha256sum`. */
export const SUMS = 'SHA256SUMS';

function integrity(content: string | Uint8Array): string {
  return `sha384-${createHash('sha384').update(content).digest('base64')}`;
}

function contentOf(bundle: Rollup.OutputBundle, path: string): string | Uint8Array | undefined {
  const file = bundle[path];
  if (file === undefined) {
    return undefined;
  }
  return file.type === 'chunk' ? file.code : file.source;
}

/** Adds `integrity` to every script, module preload and stylesheet of a page. */
function withIntegrity(html: string, bundle: Rollup.OutputBundle): string {
  const tag = /<(?:script|link)\b[^>]*?(?:src|href)="\.\/([^"]+\.(?:js|css))"/g;
  return html.replace(tag, (found, path: string) => {
    const content = contentOf(bundle, path);
    if (content === undefined) {
      throw new Error(`the page names ${path}, which is not in the bundle`);
    }
    return `${found} integrity="${integrity(content)}"`;
  });
}

/** Pages that name what they load by hash. */
export function subresourceIntegrity(): Plugin {
  return {
    name: 'psephos:subresource-integrity',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type === 'asset' && file.fileName.endsWith('.html')) {
            file.source = withIntegrity(file.source.toString(), bundle);
          }
        }
      },
    },
  };
}

/** Lists every built file with its hash, sorted by path. */
export async function sums(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name !== SUMS)
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const lines = paths.map(async (path) => {
    const hash = createHash('sha256').update(await readFile(path)).digest('hex');
    return `${hash}  ${path.slice(folder.length + 1)}\n`;
  });
  return (await Promise.all(lines)).join('');
}

/** Writes the list beside the pages. */
export function listOfFiles(): Plugin {
  let folder = '';
  return {
    name: 'psephos:list-of-files',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      await writeFile(join(folder, SUMS), await sums(folder));
    },
  };
}
