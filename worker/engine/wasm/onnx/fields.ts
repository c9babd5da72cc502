import { PbfReader } from 'pbf';

/** Calls `read` for each field of a message; what it leaves unread is skipped. Throws Error if the message ends inside of a field. */
export function eachField(message: Uint8Array, read: (tag: number, reader: PbfReader) => void): void {
  const reader = new PbfReader(message);
  for (let tag = reader.nextField(); tag !== 0; tag = reader.nextField()) {
    read(tag, reader);
    if (reader.pos > message.length) break;
  }
  if (reader.pos > message.length) throw new Error('it is cut');
}
