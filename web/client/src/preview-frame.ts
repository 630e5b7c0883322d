import type { Preview, PreviewHead } from './live-types.ts';

/** A binary frame of the stream; null: it is none. */
export function decodePreview(frame: ArrayBuffer): Preview | null {
  if (frame.byteLength < 4) return null;
  const length = new DataView(frame).getUint32(0);
  if (length > frame.byteLength - 4) return null;
  try {
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, 4, length))) as PreviewHead;
    return { ...head, image: new Blob([frame.slice(4 + length)], { type: head.mime }) };
  } catch {
    return null;
  }
}
