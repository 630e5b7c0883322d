"""torch's own view of each GPU's memory: counters of its allocator. Never starts CUDA and never waits for a GPU."""

import os
import sys
import time

INTERVAL_NS = 250_000_000
_SLOW_NS = 500_000  # a reading dearer than this is no longer made at each node, only every INTERVAL_NS
_GIVE_UP_AFTER = 3


class TorchMemory:
    """Called under the node table's lock. `skipped` says why there are no readings."""

    def __init__(self, stream):
        self._stream = stream
        # The peak of a node is torch's peak since the node began, so that is set back at each node's start.
        self._resets_peak = os.environ.get("COMFYTRACE_TORCH_PEAK", "1") != "0"
        self._peaks = {}  # node -> {device: [allocated, reserved]}
        self._names = {}
        self._read_at = 0
        self._cost_ns = 0
        self._failures = 0

    @property
    def skipped(self):
        if self._failures >= _GIVE_UP_AFTER:
            return "reading failed repeatedly"
        torch = sys.modules.get("torch")
        if torch is None:
            return "torch is not loaded"
        try:
            return None if torch.cuda.is_available() else "torch has no CUDA device"
        except Exception as error:
            return f"torch.cuda: {type(error).__qualname__}"

    def node_started(self, key):
        readings = self._read()
        if readings is None:
            return
        if self._resets_peak:
            self._keep_peaks(readings)  # of nodes that run beside this one
            cuda = sys.modules["torch"].cuda
            for reading in readings:
                self._attempt(cuda.reset_peak_memory_stats, reading["device"])
        self._peaks[key] = {}

    def node_progressed(self, key, now):
        if now - self._read_at < INTERVAL_NS:
            return
        readings = self._read()
        if readings:
            self._keep_peaks(readings)
            self._stream.emit("device", "torch_memory", {"promptId": key[0], "nodeId": key[1], "devices": readings})

    def node_finished(self, key):
        """Readings with the node's peaks, or None."""
        peaks = self._peaks.get(key)
        readings = self._read() if peaks is not None else None
        if readings:
            self._keep_peaks(readings)
            for reading in readings:
                allocated, reserved = peaks[reading["device"]]
                reading["nodePeakAllocatedBytes"] = allocated if self._resets_peak else None
                reading["nodePeakReservedBytes"] = reserved if self._resets_peak else None
        self.forget(key)
        return readings

    def forget(self, key):
        self._peaks.pop(key, None)

    def _keep_peaks(self, readings):
        for peaks in self._peaks.values():
            for reading in readings:
                before = peaks.get(reading["device"], (0, 0))
                peaks[reading["device"]] = (
                    max(before[0], reading["peakAllocatedBytes"]),
                    max(before[1], reading["peakReservedBytes"]),
                )

    def _read(self):
        torch = sys.modules.get("torch")
        if torch is None or self._failures >= _GIVE_UP_AFTER:
            return None
        now = time.monotonic_ns()
        if self._cost_ns > _SLOW_NS and now - self._read_at < INTERVAL_NS:
            return None
        readings = self._attempt(self._devices, torch.cuda)
        self._read_at = time.monotonic_ns()
        self._cost_ns = (self._cost_ns * 7 + (self._read_at - now)) // 8
        return readings

    def _attempt(self, work, *args):
        try:
            return work(*args)
        except Exception as error:
            self._failures += 1
            self._stream.failed("torch_memory", error)
            return None

    def _devices(self, cuda):
        if not cuda.is_initialized():
            return None
        readings = []
        for device in range(cuda.device_count()):
            stats = cuda.memory_stats_as_nested_dict(device)
            if not stats:
                continue
            if device not in self._names:
                self._names[device] = cuda.get_device_name(device)
            allocated, reserved = stats["allocated_bytes"]["all"], stats["reserved_bytes"]["all"]
            readings.append(
                {
                    "device": device,
                    "name": self._names[device],
                    "allocatedBytes": allocated["current"],
                    "reservedBytes": reserved["current"],
                    "peakAllocatedBytes": allocated["peak"],
                    "peakReservedBytes": reserved["peak"],
                }
            )
        return readings or None
