export interface Frame {
  /** `execution.py:496` */
  place: string;
  file: string;
  name: string;
  code: string;
  /** Of the machinery that runs every node, which says nothing about this failure. */
  own: boolean;
}

const kHead = /^\s*File "([^"]+)", line (\d+), in (.+?)\s*(?:\n([\s\S]*))?$/;
const kMachinery = /(^|[\\/])(execution\.py|comfy_execution[\\/].*|main\.py|server\.py|asyncio[\\/].*|threading\.py|concurrent[\\/].*|torch[\\/]utils[\\/]_contextlib\.py)$/;

/** Python's frames, one an entry as ComfyUI sends them; an entry of another form is kept as text. */
export function parseTraceback(entries: readonly string[]): Frame[] {
  return entries
    .filter((entry) => entry.trim() !== '' && !/^Traceback \(most recent/.test(entry.trim()))
    .map((entry) => {
      const match = kHead.exec(entry.replace(/\n+$/, ''));
      if (!match) return { place: '', file: '', name: '', code: entry.trim(), own: false };
      const [, file = '', line = '', name = '', code = ''] = match;
      const first = code.split('\n').map((each) => each.trim()).filter((each) => each && !/^[\^~\s]+$/.test(each));
      return { place: `${shortFile(file)}:${line}`, file, name, code: first.join(' '), own: kMachinery.test(file) };
    });
}

/** From ComfyUI's folder, site-packages or custom_nodes on; else the last two parts. */
function shortFile(file: string): string {
  const parts = file.split(/[\\/]/);
  const after = (word: string) => parts.lastIndexOf(word);
  const packages = Math.max(after('site-packages'), after('dist-packages'));
  if (packages >= 0) return parts.slice(packages + 1).join('/');
  const home = parts.findIndex((part) => /^comfyui/i.test(part));
  if (home >= 0 && home < parts.length - 1) return parts.slice(home + 1).join('/');
  return parts.slice(-2).join('/').replace(/^\//, '');
}
