"""Preview pictures, for those who ask: at most two a second, 512 pixels and JPEG, made outside ComfyUI's threads."""

import base64
import concurrent.futures
import io
import time

INTERVAL_NS = 500_000_000
MAX_PIXELS = 512
MAX_BYTES = 256 * 1024


class Previews:
    """`offer` comes from any thread; `encode` runs in the pool; all else on the loop."""

    def __init__(self, stream, loop):
        self._stream = stream
        self._loop = loop
        self._pool = None
        self._offered_at = None
        self._busy = False
        self.wanted = 0  # subscribers who asked
        self.deliver = None  # called on the loop with the data of a `preview` event

    def offer(self, image, about):
        """`image` is ComfyUI's (format, PIL image, greatest size). Only a reference is kept."""
        if not self.wanted:
            return
        now = time.monotonic_ns()
        if self._busy or (self._offered_at is not None and now - self._offered_at < INTERVAL_NS):
            self._stream.counters["previewsSkipped"] += 1
            return
        self._offered_at = now
        self._busy = True
        about = {**about, "takenTsMs": round(time.time() * 1000, 3), "takenMonoNs": now}
        self._loop.call_soon_threadsafe(self._start, image[1], about)

    def _start(self, picture, about):
        try:
            if self._pool is None:
                self._pool = concurrent.futures.ThreadPoolExecutor(1, "comfytrace-preview")
            future = self._loop.run_in_executor(self._pool, encode, picture)
            future.add_done_callback(lambda done: self._done(done, about))
        except Exception as error:
            self._busy = False
            self._stream.failed("preview", error)

    def _done(self, future, about):
        self._busy = False
        try:
            encoded = future.result()
            if encoded is None:
                self._stream.counters["previewsTooLarge"] += 1
            elif self.deliver is not None:
                self.deliver({**about, **encoded})
        except Exception as error:
            self._stream.failed("preview", error)


def encode(picture):
    """The picture as a JPEG within the limits, or None. `picture` itself stays as it is: ComfyUI still sends it."""
    small = picture.copy() if picture.mode == "RGB" else picture.convert("RGB")
    small.thumbnail((MAX_PIXELS, MAX_PIXELS))
    for quality in (80, 50):
        out = io.BytesIO()
        small.save(out, "JPEG", quality=quality)
        if out.tell() <= MAX_BYTES:
            return {
                "mimeType": "image/jpeg",
                "width": small.width,
                "height": small.height,
                "base64": base64.b64encode(out.getvalue()).decode("ascii"),
            }
    return None
