import { run } from './run.js';

// The first Ctrl-C ends the work, and what is half written goes; the next one ends the process.
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));

process.exitCode = await run(process.argv.slice(2), {
  print: (line) => process.stdout.write(`${line}\n`),
  tell: (line) => process.stderr.write(`${line}\n`),
  signal: interrupted.signal,
});
