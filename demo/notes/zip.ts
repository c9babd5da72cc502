import { configure } from '@zip.js/zip.js';

export { BlobReader, BlobWriter, TextReader, TextWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';

// The browser's own streams compress beside the page; workers from blobs would need a wider policy.
configure({ useWebWorkers: false });
