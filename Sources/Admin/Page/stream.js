// The one stream of the page: pushed events, never polled.
//
// EventSource comes again by itself when a connection breaks, with the id of the last event, and then gets what has changed since. Two
// things it does not do are done here: it takes a node that is silent for one that is quiet (a node tells something at
// least every 1.2 s, so silence of some seconds is a fault), and it gives up for good when it is refused.

const silenceAllowedMs = 2700;
const reopenAfterMs = 6000;
const refusedPauseMs = 3000;
const refusalAnswerMs = 2000;

export function listen(onEvent, onLink) {
  let source = null;
  let last = "";
  let heardAt = performance.now();
  let openedAt = 0;
  let isLive = false;

  function heard(kind) {
    return (event) => {
      heardAt = performance.now();
      if (event.lastEventId) last = event.lastEventId;
      if (!isLive) {
        isLive = true;
        onLink({ isLive: true });
      }
      onEvent(kind, JSON.parse(event.data));
    };
  }

  function open() {
    source?.close();
    openedAt = performance.now();
    source = new EventSource(last ? `events?last=${encodeURIComponent(last)}` : "events");
    for (const kind of ["picture", "change", "beat"]) source.addEventListener(kind, heard(kind));
    source.addEventListener("error", failed);
  }

  async function failed() {
    lose("");
    if (source.readyState !== EventSource.CLOSED) return;
    // Refused: the node answers, but not with a stream.
    const refused = source;
    let isThere = false;
    try {
      isThere = (await fetch("health/live", { cache: "no-store", signal: AbortSignal.timeout(refusalAnswerMs) })).ok;
    } catch { /* it does not answer at all, or not in time */ }
    if (isThere) lose("it answers, but too many pages are open on it");
    setTimeout(() => { if (source === refused) open(); }, refusedPauseMs);
  }

  function lose(reason) {
    isLive = false;
    onLink({ isLive: false, silentMs: performance.now() - heardAt, reason });
  }

  setInterval(() => {
    const now = performance.now();
    const silentMs = now - heardAt;
    if (isLive && silentMs > silenceAllowedMs) lose("");
    else if (!isLive) onLink({ isLive: false, silentMs });
    const isStuck = source.readyState !== EventSource.CLOSED && now - openedAt > reopenAfterMs;
    if (!isLive && isStuck && silentMs > reopenAfterMs) open();
  }, 500);

  open();
}
