/** From bytes to frames and back; the only place that knows MessagePack. Pure. */
import { Decoder, Encoder } from "@msgpack/msgpack";
import type { ClientFrame, ServerFrame } from "./generated";

/** What `__proto__` is called here: JavaScript could not keep it as a key. The joiner is shown. */
export const RENAMED_KEY = "__proto__\u2060";

const words = new TextDecoder();

/** The decoder refuses `__proto__`; a whole frame must not be lost for one key in a tool's arguments. */
const safeKeys = {
  canBeCached: (length: number) => length === "__proto__".length,
  decode: (bytes: Uint8Array, start: number, length: number) => {
    const key = words.decode(bytes.subarray(start, start + length));
    return key === "__proto__" ? RENAMED_KEY : key;
  },
};

const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder({ keyDecoder: safeKeys });

export function encode(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  return encoder.encode(frame);
}

/** Read a frame of the server; throws where the bytes are not one. */
export function decode(bytes: ArrayBuffer | Uint8Array): ServerFrame {
  const tree = decoder.decode(bytes);
  if (typeof tree !== "object" || tree === null || !("frame" in tree)) {
    throw new TypeError("not a frame");
  }
  return tree as ServerFrame;
}
