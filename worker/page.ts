import { transferHandlers } from 'comlink';
import { receivedErrors, sentErrors, toWire } from '../src/shared/errors';

// How a worker of ours speaks to its page; src/live-worker.ts is the other end.

/**
 * Tells the page of something without being asked; each message also is a sign of life. It goes on the same port as
 * comlink's messages, which it tells from its own by their id: so all that a call has to tell arrives before its result.
 */
export function tellPage(workerEvent: unknown): void {
  postMessage({ workerEvent });
}

/** Makes errors reach the page whole: those of calls with details and cause, and those that no call stands for. */
export function tellErrors(): void {
  // comlink's own handler would lose the details and the cause.
  transferHandlers.set('throw', { ...transferHandlers.get('throw')!, ...sentErrors, ...receivedErrors });
  // An error that no call stands for (a timer, an event, a promise nobody awaits) leaves a worker in an unknown state.
  // The browser would tell the page of some of these only: say it ourselves, and end.
  addEventListener('error', (event) => die(event.error ?? new Error(event.message)));
  addEventListener('unhandledrejection', (event) => die(event.reason));
}

function die(error: unknown): void {
  tellPage({ type: 'fatal', error: toWire(error) });
  close();
}
