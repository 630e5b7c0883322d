"""The numbered stream: a ring of finished frames that any thread appends to and every subscriber reads at its own pace.

There is no queue per subscriber: each has a place in the ring. One that falls behind by more than the ring is told how
many frames it lost; it costs ComfyUI nothing either way.
"""

import collections
import logging
import threading
import time
import uuid

from .freeze import encode

log = logging.getLogger("comfytrace")

RING_FRAMES = 8192
RING_BYTES = 32 << 20
MAX_FRAME_BYTES = 4 << 20
_LOGGED_FAILURES = 3


class Cost:
    """Our own time inside ComfyUI, in nanoseconds. Written by several threads; a lost count does not matter."""

    def __init__(self):
        self.calls = 0
        self.total_ns = 0
        self.max_ns = 0
        self._recent = collections.deque(maxlen=1024)

    def add(self, ns):
        self.calls += 1
        self.total_ns += ns
        if ns > self.max_ns:
            self.max_ns = ns
        self._recent.append(ns)

    def report(self):
        recent = sorted(self._recent.copy())
        at = lambda share: recent[min(len(recent) - 1, int(len(recent) * share))] if recent else None  # noqa: E731
        return {
            "calls": self.calls,
            "totalNs": self.total_ns,
            "maxNs": self.max_ns,
            "recentP50Ns": at(0.50),
            "recentP99Ns": at(0.99),
        }


class Stream:
    def __init__(self, secrets, frames=RING_FRAMES, ring_bytes=RING_BYTES, max_frame_bytes=MAX_FRAME_BYTES):
        self.boot = uuid.uuid4().hex
        self.seq = 0
        self.oldest = 1  # the oldest frame still held; seq + 1 when there is none
        self.appended = None  # called after each frame, in the emitting thread
        self.cost = Cost()
        self.counters = collections.Counter()
        self.failures = collections.Counter()  # by tap
        self._secrets = secrets
        self._slots = [None] * frames
        self._bytes = 0
        self._max_bytes = ring_bytes
        self._max_frame_bytes = max_frame_bytes
        self._lock = threading.Lock()

    def guarded(self, name, work, *args):
        """Does our part of a tap: measured, and whatever goes wrong in it stays here."""
        began = time.perf_counter_ns()
        try:
            return work(*args)
        except Exception as error:
            self.failed(name, error)
        finally:
            self.cost.add(time.perf_counter_ns() - began)
        return None

    def failed(self, name, error):
        self.failures[name] += 1
        if self.failures[name] <= _LOGGED_FAILURES:
            try:
                log.warning("telemetry: %s failed, ComfyUI is not affected: %r", name, error)
            except Exception:
                pass

    def emit(self, source, event, data, sid=None, wall_s=None, mono_ns=None):
        """Any thread. `wall_s` and `mono_ns` are given when it happened earlier than now."""
        if mono_ns is None:
            wall_s, mono_ns = time.time(), time.monotonic_ns()
        body = self._body(data)
        with self._lock:
            self.seq += 1
            frame = self._frame(self.seq, wall_s, mono_ns, source, event, sid, body)
            place = self.seq % len(self._slots)
            if self.seq - self.oldest >= len(self._slots):
                self._forget_oldest()
            self._slots[place] = frame
            self._bytes += len(frame)
            while self._bytes > self._max_bytes and self.oldest < self.seq:
                self._forget_oldest()
        if self.appended is not None:
            self.appended()

    def unnumbered(self, source, event, data, seq):
        """A frame for one subscriber only; `seq` is that of the last numbered frame before it."""
        return self._frame(seq, time.time(), time.monotonic_ns(), source, event, None, self._body(data))

    def after(self, seq, limit):
        """(frames lost, frames, place reached): at most `limit` frames that follow `seq`."""
        with self._lock:
            lost = max(0, self.oldest - 1 - seq)
            first = seq + lost + 1
            last = min(self.seq, first + limit - 1)
            frames = [self._slots[n % len(self._slots)] for n in range(first, last + 1)]
        return lost, frames, max(last, seq + lost)

    def place(self, since, boot):
        """Where to resume for a subscriber that has everything up to `since` of the life `boot`."""
        with self._lock:
            if since is None:
                return self.seq
            # Numbers of another life of ComfyUI: none of this life's frames have been seen.
            if since > self.seq or (boot and boot != self.boot):
                return 0
            return max(0, since)

    def report(self):
        with self._lock:
            return {
                "oldestSeq": self.oldest if self.oldest <= self.seq else None,
                "ringFrames": self.seq - self.oldest + 1,
                "ringBytes": self._bytes,
                "cost": self.cost.report(),
                "counters": {**self.counters, "secretsRemoved": self._secrets.removed},
                "failures": dict(self.failures),
            }

    def _forget_oldest(self):
        place = self.oldest % len(self._slots)
        self._bytes -= len(self._slots[place])
        self._slots[place] = None
        self.oldest += 1

    def _body(self, data):
        body, changed = encode(data)
        if changed:
            self.counters["changedForJson"] += 1
        if len(body) > self._max_frame_bytes:
            self.counters["tooLarge"] += 1
            about = data if isinstance(data, dict) else {}
            prompt_id = about.get("promptId", about.get("prompt_id"))
            body = encode({"tooLarge": len(body), "promptId": prompt_id if isinstance(prompt_id, str) else None})[0]
        return self._secrets.scrub(body)

    def _frame(self, seq, wall_s, mono_ns, source, event, sid, body):
        who = "null" if sid is None else encode(sid)[0]
        return '{"seq":%d,"boot":"%s","tsMs":%.3f,"monoNs":%d,"source":"%s","event":%s,"sid":%s,"data":%s}' % (
            seq,
            self.boot,
            wall_s * 1000,
            mono_ns,
            source,
            encode(event)[0],
            who,
            body,
        )
