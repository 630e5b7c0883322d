"""`torch.cuda` without a GPU: counts what is asked of it."""


class FakeCuda:
    def __init__(self, devices=1):
        self.devices, self.started, self.reads, self.resets = devices, True, 0, 0
        self.current, self.peak = [0] * devices, [0] * devices

    def is_available(self):
        return True

    def is_initialized(self):
        return self.started

    def device_count(self):
        return self.devices

    def get_device_name(self, device):
        return f"Fake GPU {device}"

    def reset_peak_memory_stats(self, device):
        self.resets += 1
        self.peak[device] = self.current[device]

    def memory_stats_as_nested_dict(self, device):
        self.reads += 1
        now = {"current": self.current[device], "peak": self.peak[device]}
        return {"allocated_bytes": {"all": now}, "reserved_bytes": {"all": {k: 2 * v for k, v in now.items()}}}

    def use(self, device, peak, left):
        self.peak[device] = max(self.peak[device], peak)
        self.current[device] = left
